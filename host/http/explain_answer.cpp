#include "http/explain_answer.h"

#include "base/json_text.h"
#include "http/documents.h"
#include "http/finding_json.h"

namespace ingest::http {
namespace {

using intake::Explanation;
using intake::Outcome;

std::string_view name_of(Explanation::Verdict verdict) noexcept {
    using Verdict = Explanation::Verdict;
    switch (verdict) {
        case Verdict::passed: return "passed";
        case Verdict::warned: return "warned";
        case Verdict::rejected: return "rejected";
        case Verdict::failed: return "failed";
        case Verdict::not_asked: break;
    }
    return "not_asked";
}

// What the same reading would be answered by /ingest.
struct Due {
    std::string_view outcome;
    unsigned status;
};

Due due_of(const Explanation& explanation) noexcept {
    switch (explanation.kind) {
        case Outcome::Kind::accepted:
            return {"accepted", explanation.ack == intake::Ack::stored ? 201U : 202U};
        case Outcome::Kind::refused: return {"refused", 422};
        case Outcome::Kind::failed: return {"failed", 503};
        case Outcome::Kind::malformed: break;
    }
    return {"malformed", 400};
}

// `append` writes one item.
template <class List, class Append>
void append_list(std::string& out, std::string_view name, const List& list, Append append) {
    out += ",\"";
    out += name;
    out += "\":[";
    for (const auto& item : list) {
        if (&item != list.data()) out += ',';
        out += '{';
        append(item);
        out += '}';
    }
    out += ']';
}

void append_or_null(std::string& out, std::string_view name, std::string_view text) {
    out += ",\"";
    out += name;
    out += "\":";
    if (text.empty()) out += "null";
    else append_json_string(out, text);
}

void append_step(std::string& out, const Explanation::Step& step, Sight sight) {
    out += "\"name\":";
    append_json_string(out, step.name);
    out += ",\"plugin\":";
    append_json_string(out, step.plugin);
    out += ",\"verdict\":\"";
    out += name_of(step.verdict);
    out += step.passes_on_error ? "\",\"on_error\":\"pass\"" : "\",\"on_error\":\"refuse\"";
    append_list(out, "issues", step.issues, [&](const Explanation::Issue& issue) {
        out += issue.reject ? "\"severity\":\"reject\"," : "\"severity\":\"warn\",";
        append_finding_members(out, issue.finding, "message");
    });
    append_list(out, "changes", step.changes, [&](const Explanation::Change& change) {
        out += "\"field\":";
        append_json_string(out, change.field);
        out += ",\"before\":" + change.before + ",\"after\":" + change.after;
    });
    out += ",\"nanoseconds\":" + std::to_string(step.nanoseconds);
    out += ",\"misbehaviours\":" + std::to_string(step.misbehaviours);
    append_or_null(out, "reason", sight == Sight::local ? std::string_view(step.reason) : "");
}

}  // namespace

unsigned append_explanation(std::string& out, const Explanation& explanation, Sight sight,
                            const ErrorContext& context) {
    const Due due = due_of(explanation);
    if (explanation.kind == Outcome::Kind::malformed) {
        append_error(out, due.status, explanation.detail, context);
        return due.status;
    }
    out += "{\"outcome\":\"";
    out += due.outcome;
    out += "\",\"status_code\":" + std::to_string(due.status);
    append_or_null(out, "detail", explanation.detail);
    out += ",\"decode\":{\"nanoseconds\":" + std::to_string(explanation.decode_nanoseconds);
    append_list(out, "findings", explanation.findings, [&](const model::Finding& finding) {
        append_finding_members(out, finding, "message");
    });
    out += '}';
    append_list(out, "validators", explanation.steps,
                [&](const Explanation::Step& step) { append_step(out, step, sight); });
    out += ",\"reading\":";
    if (explanation.reading) append_reading(out, *explanation.reading, 0);
    else out += "null";
    out += '}';
    return 200;
}

}  // namespace ingest::http
