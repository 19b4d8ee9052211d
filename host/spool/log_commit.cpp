#include <algorithm>
#include <utility>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/time_text.h"
#include "spool/log.h"
#include "spool/record.h"

// What the committer does with the log.
namespace ingest::spool {
namespace {

using TimePoint = Log::TimePoint;

std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
    return a && b ? std::min(*a, *b) : a ? a : b;
}

}  // namespace

void Log::commit(std::span<Submission> submissions) {
    const Group group = assemble(submissions, next_, options_.record_rows_max, schema_);
    Result<void> written;
    if (!group.records.empty()) written = write(group);
    for (std::size_t i = 0; i < submissions.size(); ++i) {
        if (written) {
            submissions[i].done(group.ranges[i]);
        } else {
            submissions[i].done(written.error());
        }
    }
}

Result<void> Log::write(const Group& group) {
    if (failed_) return Error{"the spool cannot write until the host is started again"};
    if (group.readings.end > position_max) {
        return Error{"the spool has no positions left, so one of its files is forged; begin with a "
                     "new spool.dir once all is delivered"};
    }
    if (const auto room = make_room(group.bytes); !room) return room;
    const std::int64_t begun = monotonic_ns();
    if (const auto appended = append(group); !appended) {
        abandon(group, appended.error());
        return appended.error().error();
    }
    publish(group, static_cast<std::uint64_t>(monotonic_ns() - begun) / 1000);
    return {};
}

Result<void> Log::make_room(std::uint64_t bytes) {
    if (bytes > store_.capacity()) {
        return Error{"a group of " + std::to_string(bytes) + " bytes does not fit into a segment"};
    }
    if (active_ && offset_ + bytes <= active_->bytes()) return {};
    const auto begun = begin_segment();
    if (begun) return {};
    cannot_begin(begun.error());
    return begun.error().error();
}

FileResult<void> Log::begin_segment() {
    spare_failed_ = false;
    auto segment = store_.begin(next_, former_end_);
    if (!segment) return segment.error();
    const MutexLock lock(mutex_);
    active_ = std::move(*segment);
    offset_ = active_->head().size;
    former_end_ = next_;
    if (parts_.empty()) begin_ = next_;
    parts_.push_back({active_, Extent{.end = next_, .limit = offset_}});
    end_ = next_;
    blocked_ = false;
    update_state();
    tell_waiters();  // the end may have moved over numbers that nobody has
    return {};
}

void Log::cannot_begin(const FileError& error) {
    (error.no_space() ? blocked_ : failed_) = true;
    retry_at_ = std::chrono::steady_clock::now() + options_.space_retry_interval;
    const MutexLock lock(mutex_);
    if (state_ == State::accepting) log::error("spool", error.error().message);
    update_state();
}

FileResult<void> Log::append(const Group& group) {
    bytes_.clear();
    append_group(bytes_, group, active_->head().segment, offset_);
    crash_point("append.before_write");
    auto written = active_->file().write(offset_, std::as_bytes(std::span(bytes_)));
    if (!written) return written;
    crash_point("append.before_sync");
    auto synced = active_->file().sync();
    crash_point("append.after_sync");
    return synced;
}

// What is in the file now nobody knows, and asking again would not tell: the segment ends before
// this group, whose numbers are never used again, and its file is never synced again.
void Log::abandon(const Group& group, const FileError& error) {
    next_ = group.readings.end;
    SharedSegment former;
    {
        const MutexLock lock(mutex_);
        parts_.back().clean = false;
        former = std::exchange(active_, nullptr);
        counters_.failed_groups += 1;
        counters_.sync_errors += 1;
    }
    log::error("spool", error.error().message,
               {{"first_reading", group.readings.first},
                {"readings", group.readings.end - group.readings.first}});
    const auto begun = begin_segment();
    if (begun) return;
    cannot_begin(begun.error());
    // No head says yet that the log ends before this group. Its clients are told that nothing was
    // kept, so a restart must not find it; only a power loss may still bring it back.
    bytes_.assign(bytes_.size(), '\0');
    (void)former->file().write(offset_, std::as_bytes(std::span(bytes_)));
}

void Log::publish(const Group& group, std::uint64_t commit_us) {
    std::uint64_t at = offset_;
    for (const Record& record : group.records) {
        active_->remember(record.first, at);
        at += record_size(*record.batch);
    }
    offset_ = at;
    next_ = former_end_ = group.readings.end;
    std::vector<Record> dropped;  // freed after the lock
    const MutexLock lock(mutex_);
    parts_.back().extent = {.end = next_, .limit = offset_};
    for (const Record& record : group.records) tail_.push(record, dropped);
    counters_.groups += 1;
    counters_.records += group.records.size();
    counters_.readings += group.readings.end - group.readings.first;
    counters_.bytes_written += bytes_.size();
    counters_.group_readings.count(group.readings.end - group.readings.first);
    counters_.commit_us.count(commit_us);
    end_ = next_;
    update_state();
    tell_waiters();
}

std::optional<TimePoint> Log::tidy(TimePoint now, bool idle) {
    const bool removed = remove_consumed(now);
    auto due = sync_cursors(now);
    due = earlier(due, try_again(now, removed));
    if (idle && prepare_spare()) due = now;
    return due;
}

bool Log::remove_consumed(TimePoint now) {
    {
        const MutexLock lock(mutex_);
        if (parts_.size() < 2 || parts_.front().extent.end > slowest().value_or(0)) return false;
    }
    if (cursors_failed_ && now < cursors_synced_at_ + options_.cursor_sync_interval) return false;
    const std::uint64_t durable = make_cursors_durable(now);
    std::vector<Recovered::Part> gone;
    {
        const MutexLock lock(mutex_);
        while (parts_.size() > 1 && parts_.front().extent.end <= durable) {
            gone.push_back(std::move(parts_.front()));
            parts_.pop_front();
        }
        begin_ = parts_.front().segment->head().first;
    }
    if (gone.empty()) return false;
    crash_point("removal.before");
    for (Recovered::Part& part : gone) {
        const auto removed = store_.remove(std::move(part.segment), part.clean);
        if (!removed) log::warn("spool", removed.error().error().message);
        crash_point("removal.after_name");
    }
    // A renamed file must not be written to while its old name may come back.
    const auto synced = store_.sync_directory();
    crash_point("removal.after_directory");
    const MutexLock lock(mutex_);
    if (!synced) {
        log::error("spool", synced.error().error().message);
        failed_ = true;
    }
    counters_.segments_recycled = store_.recycled();
    update_state();
    return true;
}

// Returns the position that no cursor is below, on disk; 0 if one of them failed.
std::uint64_t Log::make_cursors_durable(TimePoint now) {
    cursors_synced_at_ = now;
    {
        const MutexLock lock(mutex_);
        cursors_dirty_ = false;
    }
    const auto cursors = live_cursors();
    std::uint64_t least = cursors.empty() ? 0 : UINT64_MAX;
    for (const auto& cursor : cursors) {
        const auto position = cursor->sync();
        least = std::min(least, position ? *position : 0);
        if (position) continue;
        const MutexLock lock(mutex_);
        counters_.cursor_errors += 1;
        cursors_dirty_ = true;
        if (!cursors_failed_) {
            log::error("spool", position.error().error().message, {{"sink", cursor->sink()}});
        }
    }
    const MutexLock lock(mutex_);
    cursors_failed_ = cursors_dirty_ && least == 0;
    return least;
}

std::optional<TimePoint> Log::sync_cursors(TimePoint now) {
    const auto due = [this]() -> std::optional<TimePoint> {
        const MutexLock lock(mutex_);
        if (!cursors_dirty_) return std::nullopt;
        return cursors_synced_at_ + options_.cursor_sync_interval;
    };
    if (const auto at = due(); !at || now < *at) return at;
    make_cursors_durable(now);
    return due();
}

std::optional<TimePoint> Log::try_again(TimePoint now, bool removed) {
    if (!blocked_ || failed_) return std::nullopt;
    if (removed || now >= retry_at_) {
        if (const auto begun = begin_segment(); !begun) cannot_begin(begun.error());
    }
    // At the quota only the removal of a segment helps, and that wakes us by itself.
    if (!blocked_ || failed_ || !store_.has_room_for_file()) return std::nullopt;
    return retry_at_;
}

// Ahead of need, and only when this segment is likely to be filled. True: there is more to write.
bool Log::prepare_spare() {
    if (spare_failed_ || failed_ || blocked_) return false;  // else there is an active one
    if (offset_ < active_->bytes() / 2 || !store_.wants_spare()) return false;
    const auto more = store_.prepare_spare();
    spare_failed_ = !more;
    return more.has_value() && *more;
}

void Log::finish() {
    make_cursors_durable(std::chrono::steady_clock::now());
    {
        const MutexLock lock(mutex_);
        closed_ = true;
        update_state();
        tell_waiters();
    }
    lock_ = nullptr;
}

}  // namespace ingest::spool
