#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/mutex.h"
#include "ingest/front.h"
#include "spool/types.h"

namespace ingest::intake {

// What admission looks at.
struct SpoolLoad {
    spool::State state = spool::State::accepting;
    std::uint64_t used_bytes = 0;
    std::uint64_t segment_bytes = 0;   // what becomes free at once
    std::uint64_t readings_kept = 0;   // end() - begin()
    double drained_per_second = 0;     // readings, of the sink that is furthest behind
};

// A refusal when new readings cannot be kept now. Retry-After is the time after which the sinks
// will have freed a segment at their present pace, between 1 and 60 seconds; without any pace, 30.
// Pure.
std::optional<Overload> admit(const SpoolLoad& load);

// How fast a position moves, smoothed; asked rarely, so it costs nothing while all is well. Any
// thread.
class Pace {
public:
    // `position` at `now`; per second since the last call that was at least a second ago.
    double per_second(std::uint64_t position, std::chrono::steady_clock::time_point now);

private:
    Mutex mutex_;
    std::optional<std::chrono::steady_clock::time_point> since_ INGEST_GUARDED_BY(mutex_);
    std::uint64_t position_ INGEST_GUARDED_BY(mutex_) = 0;
    double rate_ INGEST_GUARDED_BY(mutex_) = 0;
};

}  // namespace ingest::intake
