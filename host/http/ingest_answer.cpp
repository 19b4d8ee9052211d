#include "http/ingest_answer.h"

#include <charconv>
#include <span>

#include "base/json_text.h"
#include "base/time_text.h"
#include "base/uuid.h"
#include "http/finding_json.h"

namespace ingest::http {
namespace {

using intake::Ack;
using intake::Form;
using intake::Outcome;

// The lists of a 201 are bounded too: a batch has 100 readings, and each may have many findings.
constexpr std::size_t success_lists_max = 64 * 1024;
// Left for the member that says how many were left out, and the closing braces.
constexpr std::size_t tail_max = 96;

constexpr std::size_t equipment_id_max = 128;

constexpr std::size_t escaped_factor = 6;  // "\u0001"

void append_integer(std::string& out, std::size_t value) {
    char text[20];
    const auto end = std::to_chars(text, text + sizeof text, value);
    out.append(text, end.ptr);
}

// How a finding is written, which differs by list.
struct ListStyle {
    std::string_view name;          // "errors"
    std::string_view message_name;  // "error", "warning", "message"
    bool with_index = true;
    bool with_line = false;  // the index counts lines
    // Beside the findings, one id for each; empty: no such member.
    std::span<const std::string> equipment_ids = {};
};

void append_finding(std::string& out, const model::Finding& finding, const ListStyle& style,
                    std::size_t at) {
    out += '{';
    if (style.with_index) {
        out += "\"index\":";
        append_integer(out, finding.index);
        out += ',';
        if (style.with_line) {
            out += "\"line\":";
            append_integer(out, finding.index + std::size_t{1});
            out += ',';
        }
    }
    if (at < style.equipment_ids.size()) {
        out += "\"equipment_id\":";
        if (style.equipment_ids[at].empty()) out += "null";
        else append_cut(out, style.equipment_ids[at], equipment_id_max);
        out += ',';
    }
    append_finding_members(out, finding, style.message_name);
    out += '}';
}

// `,"errors":[...]`, as many as keep `out` below `size_max`, then how many were left out.
void append_findings(std::string& out, const model::Findings& findings, const ListStyle& style,
                     std::size_t size_max) {
    out += ",\"";
    out += style.name;
    out += "\":[";
    std::size_t written = 0;
    for (; written < findings.size(); ++written) {
        const std::size_t before = out.size();
        if (written != 0) out += ',';
        append_finding(out, findings[written], style, written);
        if (out.size() + tail_max > size_max) {
            out.resize(before);
            break;
        }
    }
    out += ']';
    if (written == findings.size()) return;
    out += ",\"";
    out += style.name;
    out += "_omitted\":";
    append_integer(out, findings.size() - written);
}

unsigned append_single(std::string& out, const Outcome& outcome, Ack ack) {
    const Outcome::Accepted& reading = outcome.accepted.front();
    const std::size_t size_max = out.size() + success_lists_max;
    out += "{\"reading_id\":\"";
    append_text(out, reading.reading_id);
    out += "\",\"equipment_id\":";
    append_json_string(out, reading.equipment_id);
    out += ",\"status\":\"received\",\"timestamp\":\"";
    append_rfc3339(out, reading.timestamp_us);
    out += ack == Ack::stored
               ? "\",\"message\":\"Sensor reading received and stored\""
               : "\",\"message\":\"Sensor reading received; it is safe and will be stored\"";
    if (!outcome.warnings.empty()) {
        const ListStyle style{.name = "warnings", .message_name = "message", .with_index = false};
        append_findings(out, outcome.warnings, style, size_max);
    }
    out += '}';
    return ack == Ack::stored ? 201 : 202;
}

unsigned append_batch(std::string& out, Form form, const Outcome& outcome, unsigned status) {
    const std::size_t begin = out.size();
    out += "{\"total\":";
    append_integer(out, outcome.total);
    out += ",\"successful\":";
    append_integer(out, outcome.accepted.size());
    out += ",\"failed\":";
    append_integer(out, outcome.total - outcome.accepted.size());
    out += ",\"reading_ids\":[";
    for (const Outcome::Accepted& reading : outcome.accepted) {
        out += &reading == outcome.accepted.data() ? "\"" : ",\"";
        append_text(out, reading.reading_id);
        out += '"';
    }
    out += ']';
    // The ids, of which none are in a refusal, are not among what is bounded.
    const std::size_t size_max =
        status < 400 ? out.size() + success_lists_max : begin + error_body_max;
    const ListStyle errors{.name = "errors",
                           .message_name = "error",
                           .with_index = true,
                           .with_line = intake::counts_lines(form),
                           .equipment_ids = outcome.error_equipment_ids};
    append_findings(out, outcome.errors, errors, size_max);
    if (status < 400 && !outcome.warnings.empty()) {
        const ListStyle warnings{.name = "warnings",
                                 .message_name = "warning",
                                 .with_index = true,
                                 .with_line = intake::counts_lines(form)};
        append_findings(out, outcome.warnings, warnings, size_max + success_lists_max);
    }
    out += '}';
    return status;
}

unsigned append_refused(std::string& out, const Outcome& outcome, unsigned status,
                        const ErrorContext& context) {
    const std::size_t size_max = out.size() + error_body_max;
    begin_error(out, status,
                outcome.detail.empty() ? "the reading was not accepted; see errors"
                                       : outcome.detail,
                context);
    const ListStyle style{.name = "errors", .message_name = "message", .with_index = false};
    append_findings(out, outcome.errors, style, size_max);
    out += '}';
    return status;
}

unsigned append_plain(std::string& out, unsigned status, std::string_view detail,
                      const ErrorContext& context) {
    append_error(out, status, detail, context);
    return status;
}

// What findings come to as JSON, with every character escaped.
std::size_t json_bytes_max(const model::Findings& findings, std::size_t size_max) {
    constexpr std::size_t names_and_numbers = 128;
    std::size_t sum = 0;
    for (const model::Finding& finding : findings) {
        sum += names_and_numbers + escaped_factor * (finding.message.size() +
               finding.field.size() + finding.code.size() + equipment_id_max);
        if (sum >= size_max) return size_max;
    }
    return sum;
}

}  // namespace

std::size_t ingest_answer_bytes_max(const Outcome& outcome) {
    constexpr std::size_t id_bytes = sizeof("\"01234567-89ab-cdef-0123-456789abcdef\",") - 1;
    std::size_t sum = error_body_max + id_bytes * outcome.accepted.size();
    if (!outcome.accepted.empty()) {
        sum += escaped_factor * outcome.accepted.front().equipment_id.size();
    }
    return sum + json_bytes_max(outcome.errors, success_lists_max) +
           json_bytes_max(outcome.warnings, success_lists_max);
}

unsigned append_ingest_answer(std::string& out, Form form, const Outcome& outcome,
                              std::optional<Ack> ack, const ErrorContext& context) {
    switch (outcome.kind) {
        case Outcome::Kind::malformed:
            return append_plain(out, 400, outcome.detail, context);
        case Outcome::Kind::failed:
            return append_plain(out, 503, outcome.detail, context);
        case Outcome::Kind::refused:
            return form == Form::single
                       ? append_refused(out, outcome, outcome.foreign ? 403 : 422, context)
                       : append_batch(out, form, outcome, outcome.foreign ? 403 : 422);
        case Outcome::Kind::accepted:
            break;
    }
    if (!ack || *ack == Ack::failed) {
        constexpr std::string_view detail = "the reading could not be kept; send it again";
        return append_plain(out, 503, detail, context);
    }
    if (form == Form::single) return append_single(out, outcome, *ack);
    return append_batch(out, form, outcome, *ack == Ack::stored ? 201 : 202);
}

}  // namespace ingest::http
