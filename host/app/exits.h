#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/difference.h"
#include "app/edition.h"
#include "base/mutex.h"
#include "deliver/dead_letters.h"
#include "deliver/lane.h"
#include "deliver/readers.h"
#include "http/server.h"
#include "ingest/ack_board.h"
#include "observe/health.h"
#include "observe/ledger.h"
#include "spool/spool.h"
#include "trace/tracer.h"

namespace ingest::app {

// What is behind the spool: a lane with its dead letters for each sink, who waits for the storage
// sink's commit, and who answers queries. Made and ended on the main thread; what the cores ask is
// marked.
class Exits {
public:
    // All outlive this, and the spool is closed before it goes: its callbacks use the board. Of the
    // sinks' writes `tracer` is told, unless it is null.
    Exits(spool::Spool& spool, const model::Schema& schema, trace::Tracer* tracer)
        : spool_(spool), schema_(schema), tracer_(tracer) {}
    Exits(const Exits&) = delete;
    Exits& operator=(const Exits&) = delete;

    // Starts the lanes and readers with a plan's instances. All cursors are open on return, so it
    // comes before the first reading, or that could be removed before a sink had it.
    Result<void> open(const Edition& edition, Instances& instances);

    // Null when nobody waits for the storage sink. Until a change replaces it.
    intake::AckBoard* acks() const noexcept { return acks_.get(); }

    struct Exit {  // one sink's way out
        std::string sink;
        bool required = false;  // for readiness
        std::unique_ptr<deliver::DeadLetters> dead_letters;
        std::unique_ptr<deliver::Lane> lane;
    };
    // A change to another edition, prepared.
    struct Change {
        const Edition& next;
        const Difference& difference;
        Instances made;                            // of sinks that are rebuilt
        std::vector<std::unique_ptr<Exit>> added;  // by index in the plan; null for the others
        // The new ones, and afterwards the former ones.
        std::unique_ptr<deliver::Readers> readers;
        std::unique_ptr<intake::AckBoard> board;
    };
    // All of it that may fail. The lanes and the board that are there do not notice, but cursors of
    // new sinks are there on return: they get what is accepted from now on. On an error nothing has
    // changed. `next` and `difference` outlive the change.
    Result<std::unique_ptr<Change>> prepare(const Edition& next, const Difference& difference,
                                            Instances made) const;
    // acks() is the one of the new edition; whoever waits at the former one gets an answer.
    void change_board(Change& change);
    // REQUIRES: no core uses the former board, and what was submitted is done. Lanes are rebuilt,
    // begun and ended, until `deadline`; new questions go to new readers. Returns when the lanes
    // and readers that leave have ended. Writes that do not end keep it waiting.
    void finish(Change& change, std::chrono::steady_clock::time_point deadline);

    // Of all lanes, see deliver::Lane. Then answers who waits, and ends the readers.
    void drain(std::chrono::steady_clock::time_point deadline, deliver::Backlog backlog);
    void log_end() const;  // what became of each sink's readings

    // Any thread; never blocks, if plugins keep their word about `health`.
    std::vector<observe::SinkHealth> health();
    std::vector<observe::SinkLedger> ledger() const;
    // `done` as http::Services has it.
    void latest(std::string equipment_id, std::uint32_t limit,
                std::function<void(http::LatestAnswer)> done);

private:
    Result<std::unique_ptr<Exit>> make_exit(const Edition& edition, const PlannedSink& sink,
                                            deliver::Lane::Instances instances,
                                            intake::AckBoard* acks) const;
    Result<void> open_cursors(const Edition& next, const Difference& difference) const;
    std::vector<std::unique_ptr<Exit>> replace(Change& change);
    static void start(Exit& exit);
    void resume(Exit& exit, std::size_t at, Change& change);
    void end(Exit& exit);
    static void log_end(const deliver::LaneStatus& status);
    std::unique_ptr<intake::AckBoard> make_board(const config::Config& config) const;
    std::unique_ptr<deliver::Readers> make_readers(
        const config::Config& config,
        std::vector<std::unique_ptr<plugin::Query>> instances) const;
    std::vector<Exit*> all() const;

    spool::Spool& spool_;
    const model::Schema& schema_;
    trace::Tracer* const tracer_;
    std::unique_ptr<intake::AckBoard> acks_;

    // Held while cores ask, so that what they ask is there as long. Only the main thread changes
    // what is in here.
    mutable Mutex asking_;
    std::vector<std::unique_ptr<Exit>> exits_ INGEST_GUARDED_BY(asking_);
    std::unique_ptr<deliver::Readers> readers_ INGEST_GUARDED_BY(asking_);
};

}  // namespace ingest::app
