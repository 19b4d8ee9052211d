#include "plugin/call_watch.h"

#include <algorithm>

#include "base/log.h"
#include "base/time_text.h"

namespace ingest::plugin {

StuckCall CallTimes::Timed::so_far() const {
    const std::chrono::nanoseconds time(seen_ns - first_seen_ns);
    return {call.callee->plugin, call.function, std::chrono::duration<double>(time).count()};
}

std::vector<CallTimes::Event> CallTimes::look(const std::vector<MarkedCall>& calls,
                                              std::int64_t now_ns) {
    std::vector<Event> events;
    std::erase_if(timed_, [&](Timed& timed) {
        const bool goes_on =
            std::ranges::count(calls, timed.call.number, &MarkedCall::number) != 0;
        timed.seen_ns = now_ns;
        if (!goes_on && timed.told) events.push_back({true, timed.so_far()});
        return !goes_on;
    });
    for (const MarkedCall& call : calls) {
        const auto same = [&](const Timed& timed) { return timed.call.number == call.number; };
        if (std::ranges::any_of(timed_, same)) continue;
        const std::int64_t due_ns = call.deadline_ns == 0
                                        ? now_ns + options_.limit.count()
                                        : call.deadline_ns + options_.grace.count();
        timed_.push_back({call, now_ns, now_ns, due_ns});
    }
    for (Timed& timed : timed_) {
        if (now_ns < timed.tell_ns) continue;
        timed.told = true;
        timed.tell_ns = now_ns + std::max(now_ns - timed.first_seen_ns, options_.limit.count());
        events.push_back({false, timed.so_far()});
    }
    return events;
}

std::vector<StuckCall> CallTimes::stuck() const {
    std::vector<StuckCall> calls;
    for (const Timed& timed : timed_) {
        if (timed.told) calls.push_back(timed.so_far());
    }
    return calls;
}

CallWatch::CallWatch(const Options& options)
    : look_every_(options.look_every), times_(options.times) {
    start_watch();
    thread_ = std::thread([this] { run(); });
}

CallWatch::~CallWatch() {
    end_watch();
    thread_.join();
}

std::vector<StuckCall> CallWatch::stuck() const {
    const MutexLock lock(mutex_);
    return times_.stuck();
}

Marks CallWatch::look() {
    Marks marks = look_at_marks();
    std::vector<CallTimes::Event> events;
    {
        const MutexLock lock(mutex_);
        events = times_.look(marks.calls, monotonic_ns());
    }
    for (const CallTimes::Event& event : events) {
        const log::Fields fields{{"plugin", event.call.plugin},
                                 {"function", event.call.function},
                                 {"seconds", event.call.seconds}};
        if (event.returned) {
            log::info("plugin", "a plugin returned from " + event.call.function + " at last",
                      fields);
        } else {
            log::error("plugin", "a plugin does not return from " + event.call.function, fields);
        }
    }
    return marks;
}

void CallWatch::run() {
    std::uint64_t sum = 0;
    bool armed = false;
    while (wait_as_watch(look_every_)) {
        const Marks marks = look();
        const bool quiet = marks.calls.empty() && marks.sum == sum;
        sum = marks.sum;
        // A call that began while this was set may not have seen it: so it looks once more, and by
        // then sees that call or that it was.
        if (quiet && armed && !wait_as_watch(std::chrono::milliseconds(0))) break;
        armed = quiet && !armed;
        watch_sleeps.store(armed, std::memory_order_relaxed);
    }
    watch_sleeps.store(false, std::memory_order_relaxed);
}

}  // namespace ingest::plugin
