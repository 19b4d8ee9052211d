#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "model/schema.h"
#include "spool/cursor.h"
#include "spool/file.h"
#include "spool/group.h"
#include "spool/memory_tail.h"
#include "spool/quarantine.h"
#include "spool/recovery.h"
#include "spool/segment.h"
#include "spool/segment_store.h"
#include "spool/types.h"

namespace ingest::spool {

// The spool without its queue and its thread: segments, memory tail and cursors. Functions marked
// [committer] are called by one thread at a time; the others by any. Owned by Spool.
class Log {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    static Result<std::unique_ptr<Log>> open(Options options, const model::Schema& schema,
                                             FileSystem& files);
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    const Options& options() const noexcept { return options_; }
    State state() const noexcept { return state_; }
    std::uint64_t used_bytes() const noexcept { return used_bytes_; }
    std::uint64_t begin() const noexcept { return begin_; }
    std::uint64_t end() const noexcept { return end_; }
    Counters counters() const;

    std::uint64_t readings_in(Range range) const;
    Tally tally(std::uint64_t from) const;

    Result<Run> read(std::uint64_t from, std::int64_t rows_max);
    bool wait_beyond(std::uint64_t position, TimePoint deadline, const std::atomic<bool>& stop);
    void wake() noexcept;

    Result<OpenedCursor> open_cursor(std::string_view sink);
    // True: tidy() has something to do that it did not have before.
    bool advance(CursorId cursor, std::uint64_t position);
    std::vector<CursorState> cursors() const;
    void close_cursor(std::string_view sink);
    Result<void> drop_orphan(std::string_view sink);

    // Writes and syncs the submissions as one group, publishes them, and calls every `done`.
    // [committer]
    void commit(std::span<Submission> submissions);

    // Whatever is due besides: lets go of consumed segments, syncs cursors, tries a full disk
    // again, and if `idle` writes a piece of the spare. Returns when there will be more to do, if
    // nothing else happens. [committer]
    std::optional<TimePoint> tidy(TimePoint now, bool idle);

    // Syncs the cursors and says closed; readers return. [committer, last]
    void finish();

private:
    Log(Options options, const model::Schema& schema, FileSystem& files);
    FileResult<void> start();
    Result<void> adopt(Recovered recovered);

    // Steps of a commit. [committer]
    Result<void> write(const Group& group);
    Result<void> make_room(std::uint64_t bytes);
    FileResult<void> begin_segment();
    FileResult<void> append(const Group& group);
    void abandon(const Group& group, const FileError& error);
    void publish(const Group& group, std::uint64_t commit_us);
    void cannot_begin(const FileError& error);

    // Steps of tidy(). [committer]
    bool remove_consumed(TimePoint now);
    std::uint64_t make_cursors_durable(TimePoint now);
    std::optional<TimePoint> sync_cursors(TimePoint now);
    std::optional<TimePoint> try_again(TimePoint now, bool removed);
    bool prepare_spare();

    struct Place {  // where a read goes on
        SharedSegment segment;
        Extent extent;
    };
    std::optional<Place> find_place(std::uint64_t& from, std::uint64_t& lost) const
        INGEST_REQUIRES(mutex_);
    std::uint64_t count(Range range) const INGEST_REQUIRES(mutex_);
    std::vector<SharedCursor> live_cursors() const;
    // What is kept is kept for all sinks, but in memory only for those that read now.
    enum class Readers { all, opened };
    std::optional<std::uint64_t> slowest(Readers readers = Readers::all) const
        INGEST_REQUIRES(mutex_);
    void update_state() INGEST_REQUIRES(mutex_);
    void tell_waiters() INGEST_REQUIRES(mutex_);

    // Constant after start().
    const Options options_;
    const model::Schema& schema_;
    FileSystem& files_;
    std::unique_ptr<File> lock_;

    Quarantine quarantine_;  // has its own lock

    // The committer's alone.
    SegmentStore store_;
    SharedSegment active_;  // null while none can be begun
    std::uint64_t offset_ = 0;         // where the next record goes in it
    std::uint64_t next_ = 0;           // the next reading's number
    std::uint64_t former_end_ = 0;     // where the log ends if a segment begins now
    std::string bytes_;                // the group being written; its memory is used again
    bool failed_ = false;
    bool blocked_ = false;  // no space for a segment that is needed
    bool spare_failed_ = false;
    bool cursors_failed_ = false;
    TimePoint retry_at_{};
    TimePoint cursors_synced_at_{};

    std::atomic<State> state_ = State::accepting;
    std::atomic<std::uint64_t> used_bytes_ = 0;
    std::atomic<std::uint64_t> begin_ = 0;
    std::atomic<std::uint64_t> end_ = 0;

    struct Waiter {
        std::uint64_t position;
        Condition called;
    };

    mutable Mutex mutex_;
    // Each is told when the log has what it waits for, and not before.
    std::vector<Waiter*> waiters_ INGEST_GUARDED_BY(mutex_);
    bool closed_ INGEST_GUARDED_BY(mutex_) = false;
    std::deque<Recovered::Part> parts_ INGEST_GUARDED_BY(mutex_);
    MemoryTail tail_ INGEST_GUARDED_BY(mutex_);
    // Shared because the committer syncs them outside the lock; dropped ones are null.
    std::vector<SharedCursor> cursors_ INGEST_GUARDED_BY(mutex_);
    std::vector<bool> opened_ INGEST_GUARDED_BY(mutex_);
    bool cursors_dirty_ INGEST_GUARDED_BY(mutex_) = false;
    Counters counters_ INGEST_GUARDED_BY(mutex_);
};

}  // namespace ingest::spool
