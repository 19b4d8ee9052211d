#include "app/watchdog.h"

#include <ctime>
#include <string_view>

#include <pthread.h>
#include <unistd.h>

#include "base/log.h"

namespace ingest::app {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void end_process(log::Level level, std::string_view message) {
    // If nobody reads our output, the line below never returns: then the alarm ends us.
    end_at_the_latest_in(2);
    log::write(level, "app", message,
               {{"lost", "nothing: what is not delivered is in the spool"}});
    ::_exit(1);
}

}  // namespace

void end_at_the_latest_in(unsigned seconds) {
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarm_only, nullptr);
    ::alarm(seconds);
}

Watchdog::Watchdog(const Options& options)
    : options_(options), told_(options.told), thread_([this] { run(); }) {}

std::optional<ToldToStop> Watchdog::end() {
    if (thread_.joinable()) {
        done_ = true;
        pthread_kill(thread_.native_handle(), SIGALRM);  // wakes it
        thread_.join();
    }
    return told_;
}

void Watchdog::run() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGALRM}) sigaddset(&signals, signal);
    if (options_.refuses_reloads) sigaddset(&signals, SIGHUP);
    while (!done_) {
        int signal = 0;
        if (told_) {
            const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
                told_->at + options_.patience - Clock::now());
            if (left.count() <= 0) {
                end_process(log::Level::error,
                            "something does not end, a plugin maybe; ending without it");
            }
            const timespec patience{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
            signal = sigtimedwait(&signals, nullptr, &patience);
        } else if (sigwait(&signals, &signal) != 0) {
            continue;
        }
        take(signal);
    }
}

void Watchdog::take(int signal) {
    if (signal == SIGHUP) {
        log::warn("app", "not reloaded: the host is stopping");
    } else if (signal == SIGTERM || signal == SIGINT) {
        if (told_) end_process(log::Level::warn, "told to stop twice; ending at once");
        told_ = ToldToStop{signal, Clock::now()};
    }
}

}  // namespace ingest::app
