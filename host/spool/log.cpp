#include "spool/log.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/crash_point.h"
#include "base/log.h"

namespace ingest::spool {
namespace {

constexpr std::uint64_t segment_bytes_min = 16U << 10;
constexpr std::uint64_t segments_min = 4;
constexpr std::size_t sink_name_bytes_max = 80;

// Sizes that fit together, whatever was configured: at least four segments, and groups of which
// several fit into each.
Options fitted(Options options) {
    options.segment_bytes =
        std::max(segment_bytes_min,
                 std::min(options.segment_bytes, options.size_max / segments_min));
    options.segment_bytes = options.segment_bytes / 4096 * 4096;
    options.size_max = std::max(options.size_max, options.segment_bytes * segments_min);
    options.group_bytes_max = std::min(options.group_bytes_max, options.segment_bytes / 8);
    options.record_rows_max = std::max<std::uint32_t>(options.record_rows_max, 1);
    return options;
}

}  // namespace

Log::Log(Options options, const model::Schema& schema, FileSystem& files)
    : options_(fitted(std::move(options))),
      schema_(schema),
      files_(files),
      quarantine_(files, options_.dir),
      store_(options_, schema, files, quarantine_),
      tail_(options_.memory_tail_bytes_max) {}

Result<std::unique_ptr<Log>> Log::open(Options options, const model::Schema& schema,
                                       FileSystem& files) {
    std::unique_ptr<Log> log(new Log(std::move(options), schema, files));
    if (const auto started = log->start(); !started) return started.error().error();
    auto recovered =
        recover(log->options_, schema, files, log->store_, log->quarantine_);
    if (!recovered) return recovered.error();
    if (const auto adopted = log->adopt(std::move(*recovered)); !adopted) return adopted.error();
    return log;
}

FileResult<void> Log::start() {
    if (auto made = make_directories(files_, options_.dir); !made) return made;
    auto lock = files_.lock(options_.dir / "lock");
    while (failed_with(lock, EWOULDBLOCK) && options_.wait_for_owner &&
           options_.wait_for_owner()) {
        lock = files_.lock(options_.dir / "lock");
    }
    if (!lock) return lock.error();
    lock_ = std::move(*lock);
    return quarantine_.open();
}

Result<void> Log::adopt(Recovered recovered) {
    next_ = recovered.end;
    former_end_ = recovered.former_end;
    {
        const MutexLock lock(mutex_);
        parts_.assign(std::make_move_iterator(recovered.parts.begin()),
                      std::make_move_iterator(recovered.parts.end()));
        cursors_ = std::move(recovered.cursors);
        opened_.assign(cursors_.size(), false);
        counters_.torn_tail_bytes = recovered.torn_tail_bytes;
        end_ = next_;
        begin_ = parts_.empty() ? next_ : parts_.front().segment->head().first;
        if (recovered.resumes) {
            active_ = parts_.back().segment;
            offset_ = recovered.resume_offset;
        }
    }
    if (!active_) {
        // A disk without space must not keep what is stored from being delivered.
        crash_point("recovery.before_segment");
        const auto begun = begin_segment();
        if (!begun && !lacks_space(begun)) return begun.error().error();
        if (!begun) cannot_begin(begun.error());
    }
    const MutexLock lock(mutex_);
    update_state();
    log::info("spool", "The spool is open",
              {{"dir", options_.dir.string()},
               {"begin", begin_.load()},
               {"end", end_.load()},
               {"segments", parts_.size()},
               {"cursors", cursors_.size()}});
    crash_point("recovery.end");
    return {};
}

Counters Log::counters() const {
    const MutexLock lock(mutex_);
    Counters counters = counters_;
    counters.segments = parts_.size();
    quarantine_.fill(counters);
    return counters;
}

// Moves `from` over what is in no segment. Nothing: that leads to the end.
std::optional<Log::Place> Log::find_place(std::uint64_t& from, std::uint64_t& lost) const {
    const auto gap = [&](std::uint64_t first, const SegmentHead& next) {
        const std::uint64_t begin = std::max(from, first);
        lost += next.former_end > begin ? next.former_end - begin : 0;
        from = std::max(from, next.first);
    };
    auto after = std::ranges::upper_bound(parts_, from, {}, [](const Recovered::Part& part) {
        return part.segment->head().first;
    });
    if (after == parts_.begin()) {
        if (after == parts_.end()) return std::nullopt;
        gap(0, after->segment->head());
        ++after;
    }
    for (auto part = std::prev(after); part != parts_.end(); ++part) {
        if (from < part->extent.end) return Place{part->segment, part->extent};
        const auto next = std::next(part);
        if (next != parts_.end()) gap(part->extent.end, next->segment->head());
    }
    return std::nullopt;
}

std::uint64_t Log::count(Range range) const {
    std::uint64_t readings = 0;
    const auto add = [&](std::uint64_t first, std::uint64_t end) {
        first = std::max(first, range.first);
        end = std::min(end, range.end);
        readings += end > first ? end - first : 0;
    };
    std::uint64_t before = 0;  // where the segment before ends
    for (const Recovered::Part& part : parts_) {
        const SegmentHead& head = part.segment->head();
        add(before, head.former_end);  // damaged, as find_place() finds it
        add(head.first, part.extent.end);
        before = part.extent.end;
    }
    return readings;
}

std::uint64_t Log::readings_in(Range range) const {
    const MutexLock lock(mutex_);
    return count(range);
}

Tally Log::tally(std::uint64_t from) const {
    const MutexLock lock(mutex_);
    return {counters_.readings, count({from, end_})};
}

Result<Run> Log::read(std::uint64_t from, std::int64_t rows_max) {
    std::uint64_t lost = 0;
    std::optional<Place> place;
    {
        const MutexLock lock(mutex_);
        if (from >= end_) return Run{.records = {}, .end = from};
        place = find_place(from, lost);
        if (!place) {
            return Run{.records = {}, .end = std::max<std::uint64_t>(from, end_), .lost = lost};
        }
        if (tail_.reaches_back_to(from)) {
            Run run = tail_.read(from, rows_max, options_.read_bytes_max);
            run.lost = lost;
            return run;
        }
    }
    auto run = place->segment->read(place->extent, from, rows_max, options_.read_bytes_max,
                                    schema_, quarantine_);
    if (run) run->lost += lost;
    return run;
}

bool Log::wait_beyond(std::uint64_t position, TimePoint deadline, const std::atomic<bool>& stop) {
    Waiter self{position, {}};
    const MutexLock lock(mutex_);
    waiters_.push_back(&self);
    bool in_time = true;
    while (!stop && end_ <= position && !closed_ && in_time) {
        in_time = self.called.wait_until(mutex_, deadline);
    }
    std::erase(waiters_, &self);
    return !stop && end_ > position;
}

void Log::tell_waiters() {
    for (Waiter* waiter : waiters_) {
        if (end_ > waiter->position || closed_) waiter->called.notify_one();
    }
}

void Log::wake() noexcept {
    const MutexLock lock(mutex_);
    for (Waiter* waiter : waiters_) waiter->called.notify_one();
}

Result<OpenedCursor> Log::open_cursor(std::string_view sink) {
    if (sink.empty() || sink.size() > sink_name_bytes_max) {
        return Error{"a sink's name has 1 to " + std::to_string(sink_name_bytes_max) + " bytes"};
    }
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < cursors_.size(); ++i) {
        if (!cursors_[i] || cursors_[i]->sink() != sink) continue;
        opened_[i] = true;
        return OpenedCursor{static_cast<CursorId>(i), cursors_[i]->position(), false};
    }
    auto cursor = Cursor::create(files_, options_.dir, sink, end_);
    if (!cursor) return cursor.error().error();
    cursors_.push_back(std::move(*cursor));
    opened_.push_back(true);
    return OpenedCursor{static_cast<CursorId>(cursors_.size() - 1), cursors_.back()->position(),
                        true};
}

bool Log::advance(CursorId id, std::uint64_t position) {
    check(position <= end_, "a cursor stays within the log");
    SharedCursor cursor;
    {
        const MutexLock lock(mutex_);
        cursor = cursors_[static_cast<std::size_t>(id)];
    }
    const auto stored = cursor->advance(position);
    std::vector<Record> dropped;  // freed after the lock
    const MutexLock lock(mutex_);
    if (!stored) {
        if (counters_.cursor_errors++ == 0) {
            log::error("spool", stored.error().error().message, {{"sink", cursor->sink()}});
        }
    }
    const std::uint64_t done = slowest().value_or(0);
    tail_.drop_below(slowest(Readers::opened).value_or(0), dropped);
    const bool consumed = parts_.size() > 1 && parts_.front().extent.end <= done;
    const bool first_dirty = !std::exchange(cursors_dirty_, true);
    return consumed || first_dirty;
}

std::vector<CursorState> Log::cursors() const {
    const MutexLock lock(mutex_);
    std::vector<CursorState> states;
    for (std::size_t i = 0; i < cursors_.size(); ++i) {
        if (!cursors_[i]) continue;
        states.push_back({cursors_[i]->sink(), cursors_[i]->position(), !opened_[i]});
    }
    return states;
}

void Log::close_cursor(std::string_view sink) {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < cursors_.size(); ++i) {
        if (cursors_[i] && cursors_[i]->sink() == sink) opened_[i] = false;
    }
}

Result<void> Log::drop_orphan(std::string_view sink) {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < cursors_.size(); ++i) {
        if (!cursors_[i] || cursors_[i]->sink() != sink) continue;
        if (opened_[i]) return Error{"the sink '" + std::string(sink) + "' is in use"};
        if (const auto gone = files_.unlink(cursors_[i]->path()); !gone) {
            return gone.error().error();
        }
        cursors_[i] = nullptr;  // if the name comes back in a power loss, it is an orphan again
        const auto synced = files_.sync_directory(options_.dir);
        if (!synced) return synced.error().error();
        return {};
    }
    return Error{"there is no cursor of a sink named '" + std::string(sink) + "'"};
}

std::vector<SharedCursor> Log::live_cursors() const {
    const MutexLock lock(mutex_);
    std::vector<SharedCursor> live;
    std::ranges::copy_if(cursors_, std::back_inserter(live),
                         [](const auto& cursor) { return cursor != nullptr; });
    return live;
}

// The position below which all sinks are done; nothing if there is no sink to say so.
std::optional<std::uint64_t> Log::slowest(Readers readers) const {
    std::optional<std::uint64_t> least;
    for (std::size_t i = 0; i < cursors_.size(); ++i) {
        if (!cursors_[i] || (readers == Readers::opened && !opened_[i])) continue;
        least = std::min(least.value_or(UINT64_MAX), cursors_[i]->position());
    }
    return least;
}

// Full while less room is left than what may be under way already.
void Log::update_state() {
    const std::uint64_t rest = active_ ? active_->bytes() - offset_ : 0;
    std::uint64_t used = active_ ? offset_ : 0;
    for (const Recovered::Part& part : parts_) {
        if (part.segment != active_) used += part.segment->bytes();
    }
    used_bytes_ = used;
    State state = State::accepting;
    if (blocked_ || store_.room() + rest < 2 * options_.group_bytes_max) state = State::full;
    if (failed_) state = State::failed;
    if (closed_) state = State::closed;
    const State before = state_.exchange(state);
    if (before == state || state == State::closed) return;
    if (state == State::full) {
        log::warn("spool", "The spool is full: new readings are refused until sinks catch up",
                  {{"used_bytes", used}, {"size_max", options_.size_max}});
    } else if (state == State::failed) {
        log::error("spool", "The spool cannot write: no more readings are accepted");
    } else {
        log::info("spool", "The spool accepts readings again", {{"used_bytes", used}});
    }
}

}  // namespace ingest::spool
