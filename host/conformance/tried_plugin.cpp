#include "conformance/tried_plugin.h"

#include <algorithm>

namespace ingest::conformance {
namespace {

std::string words_of(const plugin::Report::Issue& issue) {
    return "row " + std::to_string(issue.row) + ": " + issue.code +
           (issue.reject ? " (reject)" : " (warn)");
}

bool same_issue(const plugin::Report::Issue& a, const plugin::Report::Issue& b) {
    return a.row == b.row && a.column == b.column && a.reject == b.reject && a.code == b.code &&
           a.message == b.message;
}

}  // namespace

std::string difference(const Opinion& a, const Opinion& b) {
    if (a.told.code != b.told.code) {
        return name_of_code(a.told.code) + " and then " + name_of_code(b.told.code);
    }
    for (std::size_t i = 0; i < std::max(a.issues.size(), b.issues.size()); ++i) {
        const bool both = i < a.issues.size() && i < b.issues.size();
        if (both && same_issue(a.issues[i], b.issues[i])) continue;
        return (i < a.issues.size() ? words_of(a.issues[i]) : "no further finding") +
               " and then " + (i < b.issues.size() ? words_of(b.issues[i]) : "no further finding");
    }
    return a.edited == b.edited ? "" : "the cells were changed in different ways";
}

Opinion TriedValidator::validate(const model::Batch& batch, std::string_view doing,
                                 const Escort& escort) {
    return validate_shown(batch, *PlainBatch(batch, escort).get(), doing);
}

Opinion TriedValidator::validate_shown(const model::Batch& batch, const ingest_batch& shown,
                                       std::string_view doing) {
    plugin::Report report;
    Opinion opinion{{}, {}, 0, {}, copy_of(batch)};
    report.begin(batch, promises_);
    ingest_report table = report.table();
    opinion.told = call(library().callee(), {"validate"}, doing, [&](ingest_error* error) {
        return this->table().validate(self(), &shown, &table, error);
    });
    opinion.issues = report.issues();
    opinion.misbehaviours = report.misbehaviours();
    opinion.first_misbehaviour = report.first_misbehaviour();
    // A report is a transaction.
    if (opinion.told.ok()) report.apply_edits(opinion.edited);
    return opinion;
}

Told TriedValidator::validate_only(const ingest_batch& shown, const model::Batch& batch,
                                   plugin::Report& report) {
    report.begin(batch, promises_);
    ingest_report table = report.table();
    return call(library().callee(), {"validate"}, "validate, again and again",
                [&](ingest_error* error) {
                    return this->table().validate(self(), &shown, &table, error);
                });
}

Told TriedSink::write(const std::vector<const model::Batch*>& batches, double seconds,
                      std::string_view doing) {
    std::deque<PlainBatch> shown;
    std::vector<const ingest_batch*> pointers;
    const std::int64_t deadline_ns = deadline_in(seconds);
    for (const model::Batch* batch : batches) {
        const Escort escort{0, sequence_, deadline_ns, nullptr};
        pointers.push_back(shown.emplace_back(*batch, escort).get());
        sequence_ += static_cast<std::uint64_t>(batch->rows());
    }
    return call(library().callee(), {"write", deadline_ns}, doing, [&](ingest_error* error) {
        return table().write(self(), pointers.data(), pointers.size(), error);
    });
}

Told TriedSink::write_shown(const ingest_batch& shown, std::string_view doing) {
    const ingest_batch* one = &shown;
    return call(library().callee(), {"write", shown.deadline_ns}, doing,
                [&](ingest_error* error) { return table().write(self(), &one, 1, error); });
}

Told TriedSink::flush(double seconds) {
    const std::int64_t deadline_ns = deadline_in(seconds);
    return call(library().callee(), {"flush", deadline_ns}, "flush", [&](ingest_error* error) {
        return table().flush(self(), deadline_ns, error);
    });
}

std::int64_t deadline_in(double seconds) noexcept {
    return seconds == 0 ? 0 : monotonic_ns() + static_cast<std::int64_t>(seconds * 1e9);
}

}  // namespace ingest::conformance
