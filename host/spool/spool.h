#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/batch.h"
#include "model/schema.h"
#include "spool/file.h"
#include "spool/types.h"

namespace ingest::spool {

class Committer;
class Log;

// The durable log: the only door between the front, which submits batches, and the back, which
// reads them and moves one cursor per sink. What submit() acknowledged is on disk and stays there
// until every cursor is past it. Owns the directory (one process at a time), and the committer
// thread, which it starts in open() and joins in close(). docs/spool-format.md has the files.
class Spool {
public:
    // Recovery is the only start-up path. Creates what is missing. `schema` is that of all
    // batches that come and go; it and `files` must outlive the spool.
    static Result<std::unique_ptr<Spool>> open(Options options, const model::Schema& schema,
                                               FileSystem& files);
    ~Spool();  // close()
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    // Any thread, never blocks on the disk. `done` is called exactly once, on the committer
    // thread and never from inside this call: with the readings' positions once they are durable,
    // or with the error, and then they were not acknowledged. It must be quick and must not call
    // close(). A batch without rows is done with an empty range.
    // Takes what comes whatever state() is: the caller asks state() before it reads a request,
    // and what is under way may still find room in the reserve.
    using Done = std::function<void(Result<Range>)>;
    void submit(model::Batch batch, Done done);

    // Would a submit be taken now? One atomic load, for admission. Any thread, as all below.
    State state() const noexcept;
    // Batches submitted and not yet done.
    std::uint64_t waiting_bytes() const noexcept;
    std::uint64_t used_bytes() const noexcept;
    std::uint64_t size_max() const noexcept;

    // The first reading that is kept, and one past the last durable one.
    std::uint64_t begin() const noexcept;
    std::uint64_t end() const noexcept;

    // Accepted readings with positions in `range`: those in the log, and those that were damaged
    // there. Numbers that no acknowledged reading ever had do not count, so this may be less than
    // the range is long. O(segments). REQUIRES: some cursor is not past range.first.
    std::uint64_t readings_in(Range range) const;
    // The same from `from` to end(), together with what was acknowledged by then.
    Tally tally(std::uint64_t from) const;

    // Whole records from `from` on: as many as fit in `rows_max` rows and in read_bytes_max, but at
    // least one if there is any. The first begins before `from` only if `from` is inside it (the
    // caller slices). Comes from memory where it can. An error means that the disk did not let
    // itself be read: nothing is skipped, try again later.
    Result<Run> read(std::uint64_t from, std::int64_t rows_max);

    // Blocks until end() > position: true. False when the deadline passed, the spool was closed
    // or `stop` is set; who sets it calls wake() afterwards.
    bool wait_beyond(std::uint64_t position, std::chrono::steady_clock::time_point deadline,
                     const std::atomic<bool>& stop);
    void wake() noexcept;

    // One per sink, opened before the first submit, or readings may be removed that it should
    // have had. A sink that is new starts at end(): it gets what is accepted from now on; one
    // that was here before goes on where it stood. Everything below a cursor's position is done.
    Result<OpenedCursor> open_cursor(std::string_view sink);
    // REQUIRES: position <= end(). A lower position than before changes nothing. In the page cache
    // on return, so that kill -9 does not lose it; on disk within cursor_sync_interval, and before
    // a segment is removed. A failure is counted and logged; the segment then stays.
    void advance(CursorId cursor, std::uint64_t position);
    std::vector<CursorState> cursors() const;
    // The sink leaves: what its cursor holds is kept, as that of a sink that is not configured.
    // Nothing moves it until it is opened again.
    void close_cursor(std::string_view sink);
    // By the operator's command only: a sink that left the configuration lets go of its readings.
    Result<void> drop_orphan(std::string_view sink);

    Counters counters() const;

    // Commits what waits, syncs the cursors, joins the committer and gives the directory free.
    // Later submits are done with an error on the calling thread. Idempotent; one thread.
    void close();

private:
    Spool(std::unique_ptr<Log> log, std::unique_ptr<Committer> committer);

    // Constant after construction; the committer works on the log and dies before it.
    std::unique_ptr<Log> log_;
    std::unique_ptr<Committer> committer_;
};

}  // namespace ingest::spool
