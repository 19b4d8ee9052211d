#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/distribution.h"
#include "base/mutex.h"
#include "deliver/dead_letters.h"
#include "deliver/retry.h"
#include "deliver/slice.h"
#include "plugin/sink.h"
#include "spool/spool.h"

namespace ingest::deliver {

struct LaneOptions {
    std::string name;                 // the sink's name, which is also its cursor's
    std::int64_t write_rows_max = 1000;
    std::chrono::milliseconds write_timeout{30'000};
    // From one write's begin to the next one's, unless much waits: for a sink that nobody waits
    // for, whose writes cost less when they are fewer.
    std::chrono::milliseconds write_interval{0};
    // A call that takes longer than this makes the sink disconnected until it returns.
    std::chrono::milliseconds call_patience{5'000};
    RetryOptions retry;
};

// What a lane tells others, on worker threads: `settled` once for each range and without a lock
// held, `live` one call at a time. Neither may call the lane.
struct LaneEvents {
    // `stored`: the sink has every reading of the range; false for dead letters, and for holes of
    // the log, where readings were damaged. Everything before `cursor` is settled.
    std::function<void(spool::Range range, bool stored, std::uint64_t cursor)> settled;
    std::function<void(bool live)> live;  // on change
    // Each of a sink's writes that had readings, on its worker's thread when it is over. Empty:
    // nobody wants to know.
    std::function<void(spool::Range range, std::uint64_t write_us, const plugin::Answer& answer)>
        wrote;
};

struct LaneStatus {
    std::string name;
    bool connected = false;
    std::uint64_t cursor = 0;
    // Readings, since start. At any instant accepted == delivered + waiting + dead_lettered + lost:
    // the log counts what it took, the lane what became of it.
    std::uint64_t accepted = 0;       // what waited at start, and what was acknowledged since
    std::uint64_t delivered = 0;
    std::uint64_t waiting = 0;        // in the log, and this sink has not got them yet
    std::uint64_t dead_lettered = 0;
    std::uint64_t lost = 0;           // their bytes were damaged: in quarantine
    std::uint64_t retries = 0;        // writes that were put off
    Distribution write_us{};            // the sink's calls, also those that failed; probes too
    std::string last_error;           // empty when the last write went well
};

// What a lane that is told to stop does with what waits.
enum class Backlog {
    deliver,
    deliver_so_far,  // what is in the log at the call; more may come for others
    leave,           // to the next process or to resume(); writes under way are finished
};

// One sink's way out of the spool: workers that claim stretches of the log, write them, and move
// the cursor over what is settled without a gap.
//
// Owns a thread per sink instance. While the sink is down, one worker at a time tries again, with
// backoff; the others wait for it. Made, started, stopped and resumed on the main thread; dies
// after join().
class Lane {
public:
    Lane(LaneOptions options, spool::Spool& spool, DeadLetters& dead_letters,
         std::vector<std::unique_ptr<plugin::Sink>> instances, LaneEvents events);
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    // Opens the cursor and starts the workers.
    Result<void> start();

    // Delivers until nothing waits or the deadline has passed. request_stop() returns at once, so
    // that several lanes drain at the same time; join() waits for the workers. A sink that does
    // not return from a write by then keeps join() waiting.
    void request_stop(std::chrono::steady_clock::time_point deadline,
                      Backlog backlog = Backlog::deliver);
    void join();

    using Instances = std::vector<std::unique_ptr<plugin::Sink>>;
    // After request_stop(): waits for the workers, and goes on where they ended with others.
    // Nothing that is settled is written again; counts go on. The name in the options is the same.
    // Returns the former instances.
    Instances resume(LaneOptions options, Instances instances, LaneEvents events);

    // Any thread.
    LaneStatus status() const;
    // Has an idle worker find out whether the sink can be reached, unless it wrote or was asked
    // within the last `probe_interval`. Cheap: for health checks.
    void ask_probe();
    static constexpr std::chrono::seconds probe_interval{2};

private:
    using Clock = std::chrono::steady_clock;
    // Long enough to cost nothing, short enough for any clock's arithmetic.
    static constexpr std::chrono::hours wait_max{1};

    // Its sink is called by its thread only, so that one that hangs in `health` holds up nobody
    // else; the others look at what is known of it.
    struct Worker {
        std::unique_ptr<plugin::Sink> sink;
        SliceBatches batches;
        std::thread thread;
        std::atomic<bool> connected{false};  // as it said after its last write
        std::atomic<Clock::time_point> call_begun{Clock::time_point::max()};  // max: in no call

        std::uint64_t write_us = 0;  // what its last write took

        plugin::Answer write();
        bool is_overdue(std::chrono::milliseconds call_patience) const noexcept;
    };
    struct Done {
        std::uint64_t end;
        std::uint64_t readings;
    };

    void hire(Instances instances) INGEST_REQUIRES(crew_);
    void start_workers();
    void run(Worker& worker);
    std::optional<Slice> claim();
    void gather();
    Clock::time_point gathers_until(Clock::time_point patient_until) const;
    Result<Slice> claim_next();
    std::uint64_t pass_settled() INGEST_REQUIRES(claiming_);
    void wait_to_read_again();
    void deliver(Worker& worker, Slice slice);
    std::optional<plugin::Answer> write_until_decided(Worker& worker, const Slice& slice);
    bool wait_for_turn(const Worker& worker, bool probe);
    void went_well(const Worker& worker);
    void went_wrong(const Worker& worker, const plugin::Answer& answer);
    bool bury(const Slice& slice, const std::string& reason);
    void settle(spool::Range range, std::uint64_t rows, bool stored);
    void announce();
    bool mark_done(spool::Range range, std::uint64_t readings) INGEST_REQUIRES(mutex_);
    bool begins_no_more() const INGEST_REQUIRES(mutex_);
    Clock::time_point write_deadline() const;

    // These two change only while no worker runs; the options under crew_ too, for status().
    LaneOptions options_;
    LaneEvents events_;
    spool::Spool& spool_;
    DeadLetters& dead_letters_;
    // Held while others look at the workers, so that they are there as long. Taken before mutex_.
    mutable Mutex crew_;
    std::vector<std::unique_ptr<Worker>> workers_ INGEST_GUARDED_BY(crew_);
    spool::CursorId cursor_id_{};
    // Set when a worker that waits for readings should look at something else.
    std::atomic<bool> called_{false};

    // Orders calls of events_.live: whoever holds it tells the newest state. Taken before mutex_.
    Mutex announcing_;
    bool announced_live_ INGEST_GUARDED_BY(announcing_) = true;

    // Held while the log is read, so that stretches are claimed in its order. Taken before mutex_.
    Mutex claiming_;
    std::uint64_t next_ INGEST_GUARDED_BY(claiming_) = 0;  // everything before it is claimed
    bool unreadable_ INGEST_GUARDED_BY(claiming_) = false;

    // Never held across input or output: status() is asked by threads that must not block.
    mutable Mutex mutex_;
    Condition changed_;
    std::uint64_t cursor_ INGEST_GUARDED_BY(mutex_) = 0;  // everything before it is settled
    // Settled stretches beyond cursor_, by first; none touches another, so there are no more than
    // stretches being written.
    std::map<std::uint64_t, Done> done_ INGEST_GUARDED_BY(mutex_);
    std::uint64_t ahead_ INGEST_GUARDED_BY(mutex_) = 0;  // readings in them
    spool::Tally at_start_ INGEST_GUARDED_BY(mutex_);
    bool probe_asked_ INGEST_GUARDED_BY(mutex_) = true;
    Clock::time_point last_contact_ INGEST_GUARDED_BY(mutex_);  // or the last that was asked for
    int writing_ INGEST_GUARDED_BY(mutex_) = 0;  // workers that have claimed something
    // Before the first one: for ever ago, however young the machine whose clock this is.
    Clock::time_point last_claim_ INGEST_GUARDED_BY(mutex_) = Clock::time_point::min();
    bool down_ INGEST_GUARDED_BY(mutex_) = false;
    bool passes_by_itself_ INGEST_GUARDED_BY(mutex_) = false;  // while down: nobody has to act
    // The one that tries while the sink is down.
    const Worker* prober_ INGEST_GUARDED_BY(mutex_) = nullptr;
    bool reached_once_ INGEST_GUARDED_BY(mutex_) = false;
    std::uint32_t attempts_ INGEST_GUARDED_BY(mutex_) = 0;
    Clock::time_point retry_at_ INGEST_GUARDED_BY(mutex_);
    std::optional<Clock::time_point> stop_by_ INGEST_GUARDED_BY(mutex_);
    bool leaves_backlog_ INGEST_GUARDED_BY(mutex_) = false;
    // Nothing at or beyond it is claimed.
    std::uint64_t claim_until_ INGEST_GUARDED_BY(mutex_) = UINT64_MAX;
    // What the former workers last knew counts until the new ones know better.
    bool presumed_connected_ INGEST_GUARDED_BY(mutex_) = false;
    LaneStatus counted_ INGEST_GUARDED_BY(mutex_);
};

}  // namespace ingest::deliver
