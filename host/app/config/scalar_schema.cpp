#include "app/config/scalar_schema.h"

#include "base/ascii.h"

namespace ingest::app::config {

using nlohmann::ordered_json;

std::string whole(std::string_view pattern) { return "^(?:" + std::string(pattern) + ")$"; }

std::string any_case_of(std::span<const std::string_view> words) {
    std::string out;
    for (const std::string_view word : words) {
        if (!out.empty()) out += '|';
        for (const char c : word) {
            const auto other = static_cast<char>(c ^ 0x20);
            out += is_alpha(c) ? std::string{'[', c, other, ']'} : std::string{c};
        }
    }
    return out;
}

ordered_json matching(std::string_view pattern) {
    return {{"type", "string"}, {"pattern", whole(pattern)}};
}

ordered_json expression_schema() { return {{"type", "string"}, {"pattern", "\\$\\{"}}; }

ordered_json boolean_schema() {
    static constexpr std::string_view words[] = {"true", "false", "yes", "no", "on", "off"};
    return {{"anyOf",
             {{{"type", "boolean"}},
              {{"enum", {0, 1}}},
              matching(any_case_of(words) + "|[01]"),
              expression_schema()}}};
}

}  // namespace ingest::app::config
