#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "plugin/call_board.h"

namespace ingest::plugin {

// A call into a plugin that takes longer than it may.
struct StuckCall {
    std::string plugin;
    std::string function;
    double seconds = 0;  // so far, since it was first seen
};

// How long calls have lasted, by looking at their marks now and then: nobody tells when one begins.
// Pure; one thread.
class CallTimes {
public:
    struct Options {
        // For calls that may not block: those without a deadline.
        std::chrono::nanoseconds limit = std::chrono::seconds(1);
        // Beyond a call's deadline. Sinks take 5 seconds longer to give up a silent server.
        std::chrono::nanoseconds grace = std::chrono::seconds(10);
    };
    // `returned`: it was overdue and is over now, so it took no longer than `call.seconds`.
    struct Event {
        bool returned = false;
        StuckCall call;
    };
    explicit CallTimes(const Options& options) : options_(options) {}

    // Calls that became overdue since the last look, or have doubled their time since they were
    // last told of, and those that were told of and returned. `now_ns` is monotonic.
    std::vector<Event> look(const std::vector<MarkedCall>& calls, std::int64_t now_ns);
    // As of the last look.
    std::vector<StuckCall> stuck() const;

private:
    struct Timed {
        MarkedCall call;
        std::int64_t first_seen_ns = 0;
        std::int64_t seen_ns = 0;
        std::int64_t tell_ns = 0;  // when to tell of it next
        bool told = false;
        StuckCall so_far() const;
    };
    const Options options_;
    std::vector<Timed> timed_;
};

// The thread that notices calls which do not return, and logs them: a thread that is stuck cannot.
// It sleeps while no plugin is called, and looks four times a second while some are. One in the
// process at a time; ends its thread when destroyed.
class CallWatch {
public:
    struct Options {
        CallTimes::Options times = {};
        std::chrono::milliseconds look_every{250};
    };
    explicit CallWatch(const Options& options);
    ~CallWatch();
    CallWatch(const CallWatch&) = delete;
    CallWatch& operator=(const CallWatch&) = delete;

    // As of the last look. Any thread.
    std::vector<StuckCall> stuck() const;

private:
    void run();
    Marks look();

    const std::chrono::milliseconds look_every_;
    mutable Mutex mutex_;
    CallTimes times_ INGEST_GUARDED_BY(mutex_);
    std::thread thread_;
};

}  // namespace ingest::plugin
