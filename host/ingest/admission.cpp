#include "ingest/admission.h"

#include <algorithm>
#include <cmath>

namespace ingest::intake {
namespace {

constexpr double retry_after_max_s = 60;
constexpr std::uint32_t retry_after_unknown_s = 30;

std::uint32_t retry_after(const SpoolLoad& load) {
    if (load.drained_per_second <= 0 || load.readings_kept == 0) return retry_after_unknown_s;
    const double bytes_per_reading =
        static_cast<double>(load.used_bytes) / static_cast<double>(load.readings_kept);
    const double seconds = static_cast<double>(load.segment_bytes) /
                           (bytes_per_reading * load.drained_per_second);
    return static_cast<std::uint32_t>(std::clamp(std::ceil(seconds), 1.0, retry_after_max_s));
}

}  // namespace

std::optional<Overload> admit(const SpoolLoad& load) {
    switch (load.state) {
        case spool::State::accepting: return std::nullopt;
        case spool::State::full:
            return Overload{"the buffer on disk is full until the sinks catch up",
                            retry_after(load)};
        case spool::State::failed:
            return Overload{"readings cannot be made durable at present", retry_after_unknown_s};
        case spool::State::closed: break;
    }
    return Overload{"the service is shutting down", 1};
}

double Pace::per_second(std::uint64_t position, std::chrono::steady_clock::time_point now) {
    const MutexLock lock(mutex_);
    if (!since_) {
        since_ = now;
        position_ = position;
        return rate_;
    }
    const double seconds = std::chrono::duration<double>(now - *since_).count();
    if (seconds < 1) return rate_;
    const double moved =
        position > position_ ? static_cast<double>(position - position_) / seconds : 0;
    rate_ = rate_ == 0 ? moved : 0.5 * rate_ + 0.5 * moved;
    since_ = now;
    position_ = position;
    return rate_;
}

}  // namespace ingest::intake
