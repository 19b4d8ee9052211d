#include "http/finding_json.h"

#include "http/error_body.h"

namespace ingest::http {
namespace {

constexpr std::size_t field_max = 128;
constexpr std::size_t code_max = 64;
constexpr std::size_t message_max = 400;

}  // namespace

void append_finding_members(std::string& out, const model::Finding& finding,
                            std::string_view message_name) {
    out += '"';
    out += message_name;
    out += "\":";
    append_cut(out, finding.message, message_max);
    out += ",\"field\":";
    if (finding.field.empty()) out += "null";
    else append_cut(out, finding.field, field_max);
    out += ",\"code\":";
    append_cut(out, finding.code, code_max);
}

}  // namespace ingest::http
