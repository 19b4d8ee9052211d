#include "ingest/intake.h"

#include <algorithm>
#include <utility>

namespace ingest::intake {

Intake::Intake(const Options& options, const model::Schema& schema,
               std::vector<validate::Step> validators, spool::Spool& spool, AckBoard* acks)
    : options_(options),
      schema_(schema),
      decoder_(schema, options.decode),
      chain_(std::move(validators)),
      spool_(spool),
      acks_(acks),
      batch_(schema),
      turn_(schema) {}

bool Intake::is_refused(std::int64_t row) const noexcept {
    return model::get_bit(decoded_.refused, row);
}

Outcome Intake::accept(const Request& request) {
    const decode::Context context{request.received_at_us, request.idempotency_key, ids_};
    if (request.form == Form::single) {
        decoder_.single(request.body, context, batch_, decoded_);
    } else {
        decoder_.batch(request.body, context, batch_, decoded_);
    }
    Outcome outcome;
    if (decoded_.malformed) {
        outcome.detail = decoded_.detail;
        return outcome;
    }
    outcome.total = decoded_.total;
    outcome.errors = std::move(decoded_.findings);
    issues_.clear();
    const std::span<std::uint8_t> refused(decoded_.refused.as<std::uint8_t>(),
                                          model::bitmap_bytes(batch_.rows()));
    if (!chain_.run(batch_, refused, issues_)) {
        outcome.kind = Outcome::Kind::failed;
        outcome.detail = "the check '" + chain_.failed_step() + "' failed; try again";
        return outcome;
    }
    add_issues(outcome);
    add_equipment_ids(outcome);
    take_accepted(request.form, outcome);
    outcome.kind = outcome.accepted.empty() ? Outcome::Kind::refused : Outcome::Kind::accepted;
    return outcome;
}

// What validators said, beside what decode found: by reading, in the order it was found. Warnings
// of readings that are not kept are of no use to anybody.
void Intake::add_issues(Outcome& outcome) {
    for (plugin::Report::Issue& issue : issues_) {
        if (!issue.reject && is_refused(issue.row)) continue;
        model::Findings& to = issue.reject ? outcome.errors : outcome.warnings;
        const bool whole = issue.column < 0;
        to.push_back({decoded_.index[static_cast<std::size_t>(issue.row)],
                      whole ? "" : schema_[static_cast<std::size_t>(issue.column)].name,
                      std::move(issue.code), std::move(issue.message)});
    }
    const auto by_index = [](const model::Finding& a, const model::Finding& b) {
        return a.index < b.index;
    };
    std::ranges::stable_sort(outcome.errors, by_index);
    std::ranges::stable_sort(outcome.warnings, by_index);
}

void Intake::add_equipment_ids(Outcome& outcome) const {
    outcome.error_equipment_ids.reserve(outcome.errors.size());
    for (const model::Finding& error : outcome.errors) {
        const auto row = std::ranges::lower_bound(decoded_.index, error.index);
        const bool has_row = row != decoded_.index.end() && *row == error.index;
        const auto at = static_cast<std::size_t>(row - decoded_.index.begin());
        outcome.error_equipment_ids.emplace_back(has_row ? decoded_.equipment_ids[at]
                                                         : std::string_view());
    }
}

void Intake::take_accepted(Form form, Outcome& outcome) {
    const std::int64_t rows = batch_.rows();
    outcome.accepted.reserve(static_cast<std::size_t>(rows));
    std::int64_t run = 0;  // first row of the present run of accepted ones
    for (std::int64_t row = 0; row < rows; ++row) {
        if (is_refused(row)) {
            turn_.append(batch_, run, row - run);
            run = row + 1;
            continue;
        }
        outcome.accepted.push_back(
            {decoded_.index[static_cast<std::size_t>(row)],
             batch_.uuid(model::column_reading_id, row),
             form == Form::single ? std::string(batch_.utf8(model::column_equipment_id, row)) : "",
             batch_.int64(model::column_timestamp, row)});
    }
    turn_.append(batch_, run, rows - run);
}

void Intake::hand_over(std::function<void(Ack)> done) {
    model::Batch batch = std::exchange(turn_, model::Batch(schema_));
    auto durable = [acks = acks_, done = std::move(done)](Result<spool::Range> range) mutable {
        if (!range) {
            done(Ack::failed);
        } else if (acks == nullptr) {
            done(Ack::spooled);
        } else {
            acks->expect(*range, std::move(done));
        }
    };
    spool_.submit(std::move(batch), std::move(durable));
}

}  // namespace ingest::intake
