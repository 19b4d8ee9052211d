#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "deliver/lane.h"

// What a lane's workers take from the log, and when.
namespace ingest::deliver {
namespace {

// A write costs a store as much as some 50 readings more in it would (docs/PERFORMANCE.md), and us
// some wake-ups. So many readings are worth another write while one is under way, or soon after.
constexpr std::uint64_t worthwhile_rows = 256;

// How long fewer wait for the write under way to end. Not longer: its connection may hang.
constexpr std::chrono::milliseconds patience{20};

}  // namespace

// The next stretch of the log, or a probe (a slice without records), or nothing when it is time to
// end. Blocks while there is nothing to do.
std::optional<Slice> Lane::claim() {
    for (;;) {
        bool stopping = false;
        {
            const MutexLock lock(mutex_);
            // Not when stopping: with nothing left to claim, a sink that is down keeps nobody.
            while (down_ && !stop_by_) changed_.wait(mutex_);
            if (begins_no_more()) return std::nullopt;
            stopping = stop_by_.has_value();
            if (!stopping) {
                if (std::exchange(probe_asked_, false)) {
                    ++writing_;
                    return Slice{};
                }
                called_ = false;
            }
        }
        if (!stopping) gather();
        auto slice = claim_next();
        if (!slice) {
            wait_to_read_again();
        } else if (slice->range.first < slice->range.end) {
            const MutexLock lock(mutex_);
            ++writing_;
            last_claim_ = Clock::now();
            return std::move(*slice);
        } else if (stopping) {
            return std::nullopt;
        } else {
            spool_.wait_beyond(slice->range.end, Clock::now() + wait_max, called_);
        }
    }
}

// Lets few readings become more, for as long as it is worth it.
void Lane::gather() {
    const auto patient_until = Clock::now() + patience;
    for (;;) {
        const auto until = gathers_until(patient_until);
        std::uint64_t enough = 0;
        {
            const MutexLock order(claiming_);
            enough = next_ + worthwhile_rows;
        }
        if (called_ || Clock::now() >= until || spool_.end() >= enough) return;
        spool_.wait_beyond(enough - 1, until, called_);
    }
}

Lane::Clock::time_point Lane::gathers_until(Clock::time_point patient_until) const {
    const MutexLock lock(mutex_);
    if (stop_by_) return {};
    const auto next_write = last_claim_ + options_.write_interval;
    return writing_ > 0 ? std::max(next_write, patient_until) : next_write;
}

// Moves on over what former workers settled, and returns how far the next claim may reach.
std::uint64_t Lane::pass_settled() {
    const MutexLock lock(mutex_);
    next_ = std::max(next_, cursor_);
    const auto after = done_.upper_bound(next_);
    if (after != done_.begin()) next_ = std::max(next_, std::prev(after)->second.end);
    // No two of them touch, so it begins beyond next_.
    return std::min(claim_until_, after == done_.end() ? UINT64_MAX : after->first);
}

// An empty range: nothing waits.
Result<Slice> Lane::claim_next() {
    const MutexLock order(claiming_);
    const std::uint64_t limit = pass_settled();
    if (next_ >= std::min(spool_.end(), limit)) return Slice{{next_, next_}, {}};
    auto run = spool_.read(next_, options_.write_rows_max);
    const bool was_unreadable = std::exchange(unreadable_, run.has_error());
    if (!run) {
        if (!was_unreadable) {
            log::error("deliver", "cannot read the spool; trying again until the disk is in order",
                       {{"sink", options_.name}, {"reason", run.error().message}});
        }
        return run.error();
    }
    if (was_unreadable) {
        log::info("deliver", "the spool can be read again", {{"sink", options_.name}});
    }
    check(run->end > next_, "a read before the log's end moves on");
    Slice slice{{next_, run->end}, std::move(run->records)};
    if (slice.range.end > limit) slice = part_of(slice, {next_, limit});
    next_ = slice.range.end;
    return slice;
}

void Lane::wait_to_read_again() {
    const MutexLock lock(mutex_);
    const auto until = Clock::now() + options_.retry.delay_max;
    changed_.wait_until(mutex_, stop_by_ ? std::min(until, *stop_by_) : until);
}

}  // namespace ingest::deliver
