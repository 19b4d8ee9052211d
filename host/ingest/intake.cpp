#include "ingest/intake.h"

#include <algorithm>
#include <utility>

#include "base/time_text.h"

namespace ingest::intake {
namespace {

// A finding with its place in a list that grew by doubling, its longest texts (a field's name, a
// code and a message, as plugin::Report bounds them), and the equipment id beside it.
constexpr std::size_t finding_bytes_max = 1200;

std::size_t heap_bytes(const std::string& text) noexcept {
    constexpr std::size_t inside = 15;  // of the string itself
    return text.capacity() > inside ? text.capacity() + 32 : 0;
}

std::size_t bytes_of(const model::Findings& findings) noexcept {
    std::size_t sum = findings.capacity() * sizeof(model::Finding);
    for (const model::Finding& finding : findings) {
        sum += heap_bytes(finding.field) + heap_bytes(finding.code) + heap_bytes(finding.message);
    }
    return sum;
}

std::size_t bytes_of(const Outcome& outcome) noexcept {
    std::size_t sum = outcome.accepted.capacity() * sizeof(Outcome::Accepted) +
                      outcome.error_equipment_ids.capacity() * sizeof(std::string) +
                      bytes_of(outcome.errors) + bytes_of(outcome.warnings);
    for (const std::string& id : outcome.error_equipment_ids) sum += heap_bytes(id);
    if (!outcome.accepted.empty()) sum += heap_bytes(outcome.accepted.front().equipment_id);
    return sum;
}

}  // namespace

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

std::size_t Intake::outcome_bytes_max(const decode::Options& options) {
    const std::size_t readings = std::max(options.readings_max, options.lines_max);
    return (options.findings_max + readings) * finding_bytes_max +
           readings * sizeof(Outcome::Accepted);
}

std::string Intake::failure_detail() const {
    return "the check '" + chain_.failed_step() + "' failed; try again";
}

bool Intake::is_refused(std::int64_t row) const noexcept {
    return model::get_bit(decoded_.refused, row);
}

bool Intake::refuse_foreign(const access::Grant* grant, model::Findings& findings) {
    if (grant == nullptr || grant->prefixes.empty()) return false;
    bool found = false;
    for (std::int64_t row = 0; row < batch_.rows(); ++row) {
        if (is_refused(row) || grant->covers(batch_.utf8(model::column_equipment_id, row),
                                             options_.id_case)) {
            continue;
        }
        found = true;
        std::uint8_t& bits = decoded_.refused.as<std::uint8_t>()[row / 8];
        bits = static_cast<std::uint8_t>(bits | 1U << (row % 8));
        findings.push_back({decoded_.index[static_cast<std::size_t>(row)], "equipment_id",
                            "foreign_equipment",
                            "is not of the equipment that this key or token is for"});
    }
    return found;
}

Outcome Intake::accept(const Request& request) {
    const decode::Context context{request.received_at_us, request.idempotency_key, ids_};
    switch (request.form) {
        case Form::single: decoder_.single(request.body, context, batch_, decoded_); break;
        case Form::batch: decoder_.batch(request.body, context, batch_, decoded_); break;
        case Form::lines: decoder_.lines(request.body, context, batch_, decoded_); break;
        case Form::csv: decoder_.csv(request.body, context, batch_, decoded_); break;
    }
    Outcome outcome;
    if (decoded_.malformed) {
        outcome.detail = decoded_.detail;
        return outcome;
    }
    outcome.total = decoded_.total;
    outcome.errors = std::move(decoded_.findings);
    // Before validators see them, which may remember readings, and behind, as they may change ids.
    outcome.foreign = refuse_foreign(request.grant, outcome.errors);
    issues_.clear();
    const std::span<std::uint8_t> refused(decoded_.refused.as<std::uint8_t>(),
                                          model::bitmap_bytes(batch_.rows()));
    if (!validate(request, refused)) {
        outcome.kind = Outcome::Kind::failed;
        outcome.detail = failure_detail();
        return outcome;
    }
    outcome.foreign = refuse_foreign(request.grant, outcome.errors) || outcome.foreign;
    add_issues(outcome);
    add_equipment_ids(outcome);
    const std::size_t bytes_before = turn_.bytes();
    const std::size_t begun = turn_.empty() ? turn_.memory() : 0;
    const std::int64_t first = turn_.rows();
    take_accepted(request.form, outcome);
    note_trace(request, first);
    // Columns grow by doubling.
    outcome.bytes = bytes_of(outcome) + begun + 2 * (turn_.bytes() - bytes_before);
    outcome.kind = outcome.accepted.empty() ? Outcome::Kind::refused : Outcome::Kind::accepted;
    return outcome;
}

bool Intake::validate(const Request& request, std::span<std::uint8_t> refused) {
    if (request.trace == nullptr || options_.tracer == nullptr) {
        return chain_.run(batch_, refused, issues_);
    }
    trace::Span span = options_.tracer->child(*request.trace, "validate");
    span.begin_us = now_us();
    const bool worked = chain_.run(batch_, refused, issues_);
    span.end_us = now_us();
    span.attributes = {{"ingest.readings", batch_.rows()}};
    if (!worked) span.failure = failure_detail();
    options_.tracer->end(std::move(span));
    return worked;
}

void Intake::note_trace(const Request& request, std::int64_t first) {
    if (request.trace == nullptr || options_.tracer == nullptr || turn_.rows() == first) return;
    traced_.push_back({*request.trace, first, turn_.rows(), now_us()});
}

// The row of a reading of the request; -1: it has none.
std::int64_t Intake::row_of(std::uint32_t index) const {
    const auto row = std::ranges::lower_bound(decoded_.index, index);
    return row != decoded_.index.end() && *row == index ? row - decoded_.index.begin() : -1;
}

// What validators said, beside what decode found: by reading, in the order it was found. Warnings
// of readings that are not kept are of no use to anybody. Bounded as decode bounds its own.
void Intake::add_issues(Outcome& outcome) {
    const std::size_t room = options_.decode.findings_max;
    const bool short_of_room = outcome.errors.size() + issues_.size() > room;
    std::vector<bool> told;  // rows that have an error
    if (short_of_room) {
        told.assign(static_cast<std::size_t>(batch_.rows()), false);
        for (const model::Finding& error : outcome.errors) {
            const std::int64_t row = row_of(error.index);
            if (row >= 0) told[static_cast<std::size_t>(row)] = true;
        }
    }
    for (plugin::Report::Issue& issue : issues_) {
        if (!issue.reject && is_refused(issue.row)) continue;
        if (short_of_room) {
            const bool full = outcome.errors.size() + outcome.warnings.size() >= room;
            auto is_told = told[static_cast<std::size_t>(issue.row)];
            if (full && (!issue.reject || is_told)) continue;
            if (issue.reject) is_told = true;
        }
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
        const std::int64_t row = row_of(error.index);
        outcome.error_equipment_ids.emplace_back(
            row < 0 ? std::string_view() : decoded_.equipment_ids[static_cast<std::size_t>(row)]);
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

void Intake::end_spool_span(trace::Tracer& tracer, const Traced& request,
                            const Result<spool::Range>& range) {
    trace::Span span = tracer.child(request.of, "spool");
    span.begin_us = request.since_us;
    span.end_us = now_us();
    span.attributes = {{"ingest.readings", request.end - request.first}};
    if (range) {
        const auto at = [&](std::int64_t row) {
            return range->first + static_cast<std::uint64_t>(row);
        };
        tracer.kept(request.of, at(request.first), at(request.end));
    } else {
        span.failure = range.error().message;
    }
    tracer.end(std::move(span));
}

void Intake::hand_over(std::function<void(Ack)> done) {
    // The next turn will be about as large.
    const std::int64_t rows = std::min(turn_.rows(), options_.turn_rows_max);
    model::Batch batch = std::exchange(turn_, model::Batch(schema_, rows));
    auto durable = [acks = acks_, done = std::move(done), tracer = options_.tracer,
                    traced = std::exchange(traced_, {})](Result<spool::Range> range) mutable {
        for (const Traced& request : traced) end_spool_span(*tracer, request, range);
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
