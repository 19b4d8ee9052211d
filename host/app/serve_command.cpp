#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>
#include <thread>

#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/assembly.h"
#include "app/commands.h"
#include "app/confinement.h"
#include "app/control.h"
#include "app/descriptor_limit.h"
#include "app/dumps.h"
#include "app/key_watch.h"
#include "app/loader_environment.h"
#include "app/passed_socket.h"
#include "app/reload.h"
#include "app/state_notices.h"
#include "app/version.h"
#include "app/watchdog.h"
#include "base/check.h"
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

// Waits for the process that owns the spool to end, which has the same socket and was told to stop
// or is about to be. Main thread.
class Succession {
public:
    Succession(const sigset_t& signals, Clock::duration patience)
        : signals_(signals), patience_(patience) {
        sigdelset(&signals_, SIGHUP);  // stays pending until we serve
    }

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
        told_to_stop_ = signal == SIGTERM || signal == SIGINT;
        return !told_to_stop_;
    }
    bool told_to_stop() const noexcept { return told_to_stop_; }

private:
    sigset_t signals_;
    const Clock::duration patience_;
    std::optional<Clock::time_point> deadline_;
    bool told_to_stop_ = false;
};

// Takes signals, those who ask through the control socket, and keys that have changed, on the main
// thread, until told to stop. Reloads are done one after the other: who asks while one is under way
// gets the next one.
class Service {
public:
    Service(const Arguments& arguments, PluginSet& plugins, Assembly& assembly, Dumps& dumps,
            const StateNotices& notices)
        : arguments_(arguments),
          plugins_(plugins),
          assembly_(assembly),
          dumps_(dumps),
          notices_(notices),
          keys_(arguments.config, assembly),
          control_(assembly.take_control()) {}

    ToldToStop run(const sigset_t& signals) {
        const Descriptor source(::signalfd(-1, &signals, SFD_CLOEXEC));
        check(source.get() >= 0, "a process can have a descriptor for its signals");
        std::array<pollfd, 2> events{
            {{source.get(), POLLIN, 0}, {control_ ? control_->descriptor() : -1, POLLIN, 0}}};
        notices_.ready();
        std::optional<ToldToStop> told;
        while (!told) {
            if (notices_.alive_every()) notices_.alive();
            told = look_at_keys();
            if (told) break;
            if (::poll(events.data(), events.size(), pause()) <= 0) continue;  // or EINTR
            signalfd_siginfo signal{};
            bool reloads = (events[1].revents & POLLIN) != 0;
            if ((events[0].revents & POLLIN) != 0 &&
                ::read(source.get(), &signal, sizeof signal) == sizeof signal) {
                const int number = static_cast<int>(signal.ssi_signo);
                if (number == SIGHUP) reloads = true;
                if (number == SIGTERM || number == SIGINT) told = ToldToStop{number, Clock::now()};
            }
            if (reloads && !told) told = reload_once();
        }
        return *told;
    }

private:
    // As poll() wants it.
    int pause() const {
        const auto alive = notices_.alive_every();
        const auto keys = keys_.pause();
        if (!alive && !keys) return -1;
        return static_cast<int>(!keys ? alive->count()
                                      : std::min(*keys, alive.value_or(*keys)).count());
    }

    std::optional<ToldToStop> look_at_keys() {
        auto gate = keys_.look();
        if (!gate) return std::nullopt;
        Watchdog watchdog(options_of_watchdog());
        assembly_.change_gate(std::move(gate));
        return watchdog.end();
    }

    std::optional<ToldToStop> reload_once() {
        std::vector<Asker> askers;
        if (control_) askers = control_->take();
        notices_.reloading();
        Watchdog watchdog(options_of_watchdog());
        const Reloaded reloaded = reload(arguments_.config, plugins_, assembly_);
        dumps_.allow(assembly_.edition().config.process.dumpable);
        for (Asker& asker : askers) asker.tell(reloaded.status, reloaded.text);
        notices_.ready();
        return watchdog.end();
    }

    // A reload drains sinks that go, and waits for a call of those that are made anew.
    Watchdog::Options options_of_watchdog() const {
        const config::Config& config = assembly_.edition().config;
        std::chrono::milliseconds call{};
        for (const config::Sink& sink : config.sinks) call = std::max(call, sink.write_timeout);
        return {.patience = config.drain.timeout + stuck_grace,
                .notices = &notices_,
                .alive_for = config.drain.timeout + call + stuck_grace};
    }

    const Arguments& arguments_;
    PluginSet& plugins_;
    Assembly& assembly_;
    Dumps& dumps_;
    const StateNotices& notices_;
    KeyWatch keys_;
    const std::unique_ptr<ControlSocket> control_;  // null: it could not be had
};

// By default malloc keeps up to 8 arenas a core, each as large as the largest moment of the threads
// that it served; threads that come and go with reloads would fill them one by one.
void bound_arenas() {
    ::mallopt(M_ARENA_MAX, static_cast<int>(std::max(2U, std::thread::hardware_concurrency())));
}

int fail(const Error& error) {
    std::cerr << "ingest-host: " << error.message << '\n';
    return 1;
}

}  // namespace

int run_serve(const Arguments& arguments) {
    Dumps dumps;
    bound_arenas();
    const sigset_t signals = block_signals();
    const auto passed_socket = take_passed_socket();
    const StateNotices notices;
    config::Loaded loaded = config::load(arguments.config);
    const log::Options log_options{loaded.config.log.level, loaded.config.log.format,
                                   loaded.config.service.name, std::string(version()),
                                   loaded.config.service.environment};
    log::configure(log_options);
    plugin::install_crash_report(log_options, STDOUT_FILENO);
    warn_of_loader_variables();
    const Confinement confinement(loaded.config);
    const plugin::ExitReport exit_report;
    const plugin::CallWatch call_watch({});
    PluginSet plugins(plugin_dirs(loaded.config.plugin_dirs));
    auto edition = std::make_unique<Edition>();
    edition->config = std::move(loaded.config);
    edition->plan = make_plan(edition->config, plugins, loaded.diagnostics);
    if (!loaded.diagnostics.empty()) {
        std::cerr << loaded.diagnostics.text();
        return 2;
    }
    if (const auto confined = confinement.tell(); !confined) return fail(confined.error());
    if (!passed_socket) return fail(passed_socket.error());
    dumps.allow(edition->config.process.dumpable);
    raise_descriptor_limit(edition->config);
    Opening opening;
    opening.call_watch = &call_watch;
    opening.passed_socket = *passed_socket;
    Succession succession(signals, edition->config.drain.timeout + succession_grace);
    if (opening.passed_socket) opening.wait_for_owner = [&] { return succession.wait(); };
    auto assembly = Assembly::start(std::move(edition), opening, loaded.diagnostics);
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
               {"docs", "/docs"}});
    const ToldToStop told =
        Service(arguments, plugins, **assembly, dumps, notices).run(signals);
    notices.stopping();
    const auto patience = (*assembly)->edition().config.drain.timeout;
    const auto deadline = told.at + patience;
    const Watchdog watchdog(
        {.patience = patience + stuck_grace, .told = told, .refuses_reloads = true});
    log::info("app", "stopping", {{"signal", told.signal}});
    (*assembly)->drain(deadline);
    assembly->reset();
    log::info("app", "stopped");
    end_at_the_latest_in(exit_seconds_max);
    return 0;
}

}  // namespace ingest::app
