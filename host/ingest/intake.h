#pragma once

#include <memory>
#include <vector>

#include "decode/decoder.h"
#include "ingest/ack_board.h"
#include "ingest/explanation.h"
#include "ingest/front.h"
#include "spool/spool.h"
#include "trace/tracer.h"
#include "validate/chain.h"

namespace ingest::intake {

// The hallway of one core: decode -> validate -> the batch of this loop turn -> spool. Owns what
// the core reuses from request to request. Dies with its core, before the spool and the board.
class Intake final : public Front {
public:
    struct Options {
        decode::Options decode;
        // Readings in the batch of a turn from which on it is handed over at once: about what the
        // sinks like best in one write.
        std::int64_t turn_rows_max = 1000;
        access::IdCase id_case = access::IdCase::as_sent;
        trace::Tracer* tracer = nullptr;  // outlives this; null: nothing is traced
    };
    // Outcome::bytes of a request beside its rows, at most.
    static std::size_t outcome_bytes_max(const decode::Options& options);

    // `acks` is null when nobody waits for the storage sink (`ack: spool`).
    Intake(const Options& options, const model::Schema& schema,
           std::vector<validate::Step> validators, spool::Spool& spool, AckBoard* acks);

    Outcome accept(const Request& request) override;
    Explanation explain(const Request& request) override;
    std::int64_t pending_rows() const noexcept override { return turn_.rows(); }
    bool full() const noexcept override { return turn_.rows() >= options_.turn_rows_max; }
    void hand_over(std::function<void(Ack)> done) override;

private:
    // Rows of the turn's batch that are of a traced request, and since when they wait in it.
    struct Traced {
        trace::Context of;
        std::int64_t first;
        std::int64_t end;
        std::int64_t since_us;
    };

    std::string failure_detail() const;
    bool is_refused(std::int64_t row) const noexcept;
    // Refuses rows of equipment that the grant does not cover; true: there was one.
    bool refuse_foreign(const access::Grant* grant, model::Findings& findings);
    void add_issues(Outcome& outcome);
    void add_equipment_ids(Outcome& outcome) const;
    void take_accepted(Form form, Outcome& outcome);
    std::int64_t row_of(std::uint32_t index) const;
    bool validate(const Request& request, std::span<std::uint8_t> refused);
    // Its readings are in the turn's batch from this row on.
    void note_trace(const Request& request, std::int64_t first);
    static void end_spool_span(trace::Tracer& tracer, const Traced& request,
                               const Result<spool::Range>& range);

    const Options options_;
    const model::Schema& schema_;
    decode::Decoder decoder_;
    validate::Chain chain_;
    spool::Spool& spool_;
    AckBoard* const acks_;
    UuidSource ids_;

    // Of the request being accepted.
    decode::Decoded decoded_;
    model::Batch batch_;
    std::vector<plugin::Report::Issue> issues_;

    model::Batch turn_;
    std::vector<Traced> traced_;  // of the turn
};

}  // namespace ingest::intake
