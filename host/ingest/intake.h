#pragma once

#include <memory>
#include <vector>

#include "decode/decoder.h"
#include "ingest/ack_board.h"
#include "ingest/explanation.h"
#include "ingest/front.h"
#include "spool/spool.h"
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
    std::string failure_detail() const;
    bool is_refused(std::int64_t row) const noexcept;
    // Refuses rows of equipment that the grant does not cover; true: there was one.
    bool refuse_foreign(const access::Grant* grant, model::Findings& findings);
    void add_issues(Outcome& outcome);
    void add_equipment_ids(Outcome& outcome) const;
    void take_accepted(Form form, Outcome& outcome);
    std::int64_t row_of(std::uint32_t index) const;

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
};

}  // namespace ingest::intake
