#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

namespace ingest::app {

class StateNotices;

// A signal that tells the process to stop, and when it came.
struct ToldToStop {
    int signal = 0;
    std::chrono::steady_clock::time_point at;
};

// Ends the process by SIGALRM then, whatever it does.
void end_at_the_latest_in(unsigned seconds);

// Looks after the main thread while that cannot take signals, because it drains or reloads: ends
// the process when it was told to stop and does not come to an end, for a plugin that hangs, or is
// told twice; and tells the service manager meanwhile that all is well. Nothing is lost by it,
// because what was not delivered is in the spool. Owns a thread; dies with the process at the
// latest.
class Watchdog {
public:
    struct Options {
        // From being told to stop to the end.
        std::chrono::steady_clock::duration patience;
        // Set when that has happened already.
        std::optional<ToldToStop> told = {};
        // Whether a SIGHUP is taken and refused, or left for later.
        bool refuses_reloads = false;
        // Who is told that we are alive, and how long the main thread may take for what it does.
        const StateNotices* notices = nullptr;
        std::chrono::steady_clock::duration alive_for{};
    };
    explicit Watchdog(const Options& options);
    ~Watchdog() { end(); }
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    // Ends the watch. What has told to stop by then, if anything.
    std::optional<ToldToStop> end();

private:
    void run();
    std::optional<std::chrono::steady_clock::time_point> next_turn();
    void take(int signal);

    const Options options_;
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::atomic<bool> done_{false};
    std::optional<ToldToStop> told_;  // the thread's, until it has ended
    std::thread thread_;
};

}  // namespace ingest::app
