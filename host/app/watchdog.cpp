#include "app/watchdog.h"

#include <algorithm>
#include <ctime>
#include <string_view>

#include <pthread.h>
#include <unistd.h>

#include "app/state_notices.h"
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
        if (const auto turn = next_turn()) {
            const auto left = std::max(std::chrono::nanoseconds(0),
                                       std::chrono::nanoseconds(*turn - Clock::now()));
            const timespec wait{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
            signal = sigtimedwait(&signals, nullptr, &wait);
        } else if (sigwait(&signals, &signal) != 0) {
            continue;
        }
        take(signal);
    }
}

// Does what is due now. When something will be again, if ever.
std::optional<Clock::time_point> Watchdog::next_turn() {
    const auto now = Clock::now();
    std::optional<Clock::time_point> turn;
    if (told_) {
        turn = told_->at + options_.patience;
        if (*turn <= now) {
            end_process(log::Level::error,
                        "something does not end, a plugin maybe; ending without it");
        }
    }
    const auto alive_every =
        options_.notices != nullptr ? options_.notices->alive_every() : std::nullopt;
    if (alive_every && now < begun_ + options_.alive_for) {
        options_.notices->alive();
        turn = std::min(now + *alive_every, turn.value_or(Clock::time_point::max()));
    }
    return turn;
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
