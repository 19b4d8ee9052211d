#include <csignal>
#include <iostream>

#include <pthread.h>
#include <unistd.h>

#include "app/assembly.h"
#include "app/commands.h"
#include "app/passed_socket.h"
#include "app/version.h"
#include "plugin/call_watch.h"
#include "plugin/crash_report.h"

namespace ingest::app {
namespace {

using Clock = std::chrono::steady_clock;

// Beyond the drain's deadline, for a plugin that does not return from a call.
constexpr std::chrono::seconds stuck_grace{5};

// Beyond the drain's deadline, for the process before this one to end; more than its stuck_grace.
constexpr std::chrono::seconds succession_grace{15};

// When main() has returned: destructors of plugins' statics, and a sanitizer that looks for leaks.
constexpr unsigned exit_seconds_max = 10;

// Blocked in every thread, taken by the main one. SIGPIPE would end the process when a client or a
// server closes its connection, SIGXFSZ when a file has reached the limit of `ulimit -f`; a write's
// error says both. Libraries must not change dispositions, the host does.
sigset_t block_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGALRM}) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return set;
}

int wait_for_signal(const sigset_t& set) {
    int signal = 0;
    while (sigwait(&set, &signal) != 0 || signal == SIGALRM) {
    }
    return signal;
}

// Waits for the process that owns the spool to end, which has the same socket and was told to stop
// or is about to be. Main thread.
class Succession {
public:
    Succession(const sigset_t& signals, Clock::duration patience)
        : signals_(signals), patience_(patience) {}

    // True: ask again whether the spool is free. False: time is up, or we are told to stop too.
    bool wait() {
        if (!deadline_) {
            deadline_ = Clock::now() + patience_;
            log::info("app", "another process owns the spool; waiting for it to end",
                      {{"seconds_max", std::chrono::duration<double>(patience_).count()}});
        }
        if (Clock::now() >= *deadline_) return false;
        const timespec pause{0, 10'000'000};
        const int signal = sigtimedwait(&signals_, nullptr, &pause);
        told_to_stop_ = signal > 0 && signal != SIGALRM;
        return !told_to_stop_;
    }
    bool told_to_stop() const noexcept { return told_to_stop_; }

private:
    const sigset_t signals_;
    const Clock::duration patience_;
    std::optional<Clock::time_point> deadline_;
    bool told_to_stop_ = false;
};

// Ends the process by SIGALRM then, whatever it does.
void end_at_the_latest_in(unsigned seconds) {
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarm_only, nullptr);
    ::alarm(seconds);
}

// Ends the process if the drain does not: a second signal, or a plugin that hangs. Nothing is lost
// by it, because what was not delivered is in the spool. Dies with the process at the latest.
class Watchdog {
public:
    Watchdog(const sigset_t& set, Clock::time_point deadline)
        : thread_([this, set, deadline] { run(set, deadline); }) {}
    ~Watchdog() {
        done_ = true;
        pthread_kill(thread_.native_handle(), SIGALRM);  // wakes sigtimedwait
        thread_.join();
    }
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

private:
    void run(const sigset_t& set, Clock::time_point deadline) {
        while (!done_) {
            const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
                deadline + stuck_grace - Clock::now());
            if (left.count() <= 0) {
                end(log::Level::error, "something does not end, a plugin maybe; ending without it");
            }
            const timespec patience{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
            const int signal = sigtimedwait(&set, nullptr, &patience);
            if (!done_ && (signal == SIGTERM || signal == SIGINT)) {
                end(log::Level::warn, "told to stop twice; ending at once");
            }
        }
    }

    [[noreturn]] static void end(log::Level level, std::string_view message) {
        // If nobody reads our output, the line below never returns: then the alarm ends us.
        end_at_the_latest_in(2);
        log::write(level, "app", message,
                   {{"lost", "nothing: what is not delivered is in the spool"}});
        ::_exit(1);
    }

    std::atomic<bool> done_{false};
    std::thread thread_;
};

// Connections that come from now on get what the files of TLS have now; a file that is not right
// leaves things as they are.
void renew_certificates(const config::Config& config, const std::string& file,
                        Assembly& assembly) {
    config::Diagnostics diagnostics(file);
    auto tls = load_tls(config, diagnostics);
    if (diagnostics.empty()) {
        if (tls) assembly.replace_tls(std::move(tls));
        return;
    }
    for (const config::Diagnostic& error : diagnostics.errors()) {
        log::error("app", "not reloaded; what served goes on",
                   {{"file", file}, {"line", error.mark.line}, {"reason", error.text}});
    }
}

int fail(const Error& error) {
    std::cerr << "ingest-host: " << error.message << '\n';
    return 1;
}

}  // namespace

int run_serve(const Arguments& arguments) {
    const sigset_t signals = block_signals();
    const auto passed_socket = take_passed_socket();
    config::Loaded loaded = config::load(arguments.config);
    const log::Options log_options{loaded.config.log.level, loaded.config.log.format,
                                   loaded.config.service.name, std::string(version()),
                                   loaded.config.service.environment};
    log::configure(log_options);
    plugin::install_crash_report(log_options, STDOUT_FILENO);
    const plugin::ExitReport exit_report;
    const plugin::CallWatch call_watch({});
    PluginSet plugins(plugin_dirs(loaded.config.plugin_dirs));
    const Plan plan = make_plan(loaded.config, plugins, loaded.diagnostics);
    if (!loaded.diagnostics.empty()) {
        std::cerr << loaded.diagnostics.text();
        return 2;
    }
    if (!passed_socket) return fail(passed_socket.error());
    Opening opening;
    opening.call_watch = &call_watch;
    opening.passed_socket = *passed_socket;
    Succession succession(signals, loaded.config.drain.timeout + succession_grace);
    if (opening.passed_socket) opening.wait_for_owner = [&] { return succession.wait(); };
    auto assembly = Assembly::start(loaded.config, plan, opening, loaded.diagnostics);
    if (!assembly && succession.told_to_stop()) {
        log::info("app", "stopped");
        return 0;
    }
    if (!assembly) {
        if (loaded.diagnostics.empty()) return fail(assembly.error());
        std::cerr << loaded.diagnostics.text();
        return 2;
    }
    log::info("app", "serving",
              {{"host", (*assembly)->host()},
               {"port", (*assembly)->port()},
               {"docs", "/docs"},
               {"version", version()}});
    int signal = 0;
    while ((signal = wait_for_signal(signals)) == SIGHUP) {
        renew_certificates(loaded.config, loaded.diagnostics.file(), **assembly);
    }
    const auto deadline = Clock::now() + loaded.config.drain.timeout;
    const Watchdog watchdog(signals, deadline);
    log::info("app", "stopping", {{"signal", signal}});
    (*assembly)->drain(deadline);
    assembly->reset();
    log::info("app", "stopped");
    end_at_the_latest_in(exit_seconds_max);
    return 0;
}

}  // namespace ingest::app
