#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "ingest/front.h"
#include "spool/types.h"

namespace ingest::intake {

// Who waits for the storage sink: between the committer, which says what became durable, and the
// storage lane, which says what it delivered. Decides 201 or 202, each range exactly once.
//
// A range is answered `spooled` instead of waiting when the lane is down, when it is far behind,
// when it answered nothing for `timeout`, or when the sink refused a reading of the range (that
// reading is a dead letter then). Any thread; owns one thread, which sleeps unless something waits.
class AckBoard {
public:
    struct Options {
        std::chrono::milliseconds timeout{2000};
        // Readings before the range that may still wait for the sink: about what it takes in a
        // fraction of the timeout. Beyond it, waiting would only make clients slow.
        std::uint64_t behind_rows_max = 20000;
    };
    using Done = std::function<void(Ack)>;

    // `backlog`: from the storage sink's cursor to the log's end, at start. Nobody waits for what
    // is in it, and what comes then comes after it.
    AckBoard(const Options& options, spool::Range backlog);
    ~AckBoard();
    AckBoard(const AckBoard&) = delete;
    AckBoard& operator=(const AckBoard&) = delete;

    // Committer thread, in the log's order. May call `done` at once.
    void expect(spool::Range range, Done done);

    // Whether what becomes durable next would wait for the storage sink. Any thread.
    bool would_wait();

    // Lane threads. `stored` is false for dead letters. `cursor`: everything before it is settled.
    void settled(spool::Range range, bool stored, std::uint64_t cursor);
    void set_live(bool live);

    // Answers everyone who still waits `spooled`; later ranges too.
    void close();

private:
    struct Waiting {
        std::uint64_t end;
        std::uint64_t rows_left;
        bool stored;
        std::chrono::steady_clock::time_point deadline;
        Done done;
    };
    struct Settled {
        spool::Range range;
        bool stored;
    };
    using Finished = std::vector<std::pair<Done, Ack>>;

    bool must_wait(spool::Range range) const INGEST_REQUIRES(mutex_);
    void settle_waiting(const Settled& settled, Finished& finished) INGEST_REQUIRES(mutex_);
    void release_all(Finished& finished) INGEST_REQUIRES(mutex_);
    void run();

    const Options options_;
    Mutex mutex_;
    Condition changed_;
    std::map<std::uint64_t, Waiting> waiting_ INGEST_GUARDED_BY(mutex_);  // by first
    // Settled before the committer's thread came to expect() it.
    std::vector<Settled> early_ INGEST_GUARDED_BY(mutex_);
    std::uint64_t expected_end_ INGEST_GUARDED_BY(mutex_);
    std::uint64_t cursor_ INGEST_GUARDED_BY(mutex_);
    bool live_ INGEST_GUARDED_BY(mutex_) = true;
    bool stalled_ INGEST_GUARDED_BY(mutex_) = false;  // timed out since the lane last settled
    bool closed_ INGEST_GUARDED_BY(mutex_) = false;
    // The timer waits for somebody to wait. Else it wakes by itself, in time for those who came
    // later: a range costs it no wake-up.
    bool asleep_ INGEST_GUARDED_BY(mutex_) = false;
    std::thread timer_;  // last: runs on all of the above
};

}  // namespace ingest::intake
