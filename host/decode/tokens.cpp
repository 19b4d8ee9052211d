#include "decode/tokens.h"

#include <algorithm>
#include <bit>

#include <simdjson.h>

#include "base/check.h"
#include "decode/text.h"

namespace ingest::decode {
namespace {

static_assert(padding >= simdjson::SIMDJSON_PADDING);

// The smallest capacity: most requests then never make it grow.
constexpr std::size_t capacity_min = 32 * 1024;

// simdjson says that a string is wrong, not where: the first raw control character in a string,
// or the opening quote of the one that never ends.
Fault string_fault(std::string_view body) noexcept {
    bool inside = false;
    std::size_t opened = 0;
    for (std::size_t i = 0; i < body.size(); ++i) {
        if (body[i] == '"') {
            inside = !inside;
            opened = i;
        } else if (inside && static_cast<unsigned char>(body[i]) < 0x20) {
            return {i, "a control character in a string must be escaped"};
        } else if (body[i] == '\\') {
            ++i;
        }
    }
    return {opened, "the string that begins here is not closed"};
}

}  // namespace

std::string fault_text(const Fault& fault, std::string_view text, std::size_t lines_before) {
    const std::string_view before = text.substr(0, fault.offset);
    const auto newlines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line = lines_before + static_cast<std::size_t>(newlines) + 1;
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return "line " + std::to_string(line) + ", column " +
           std::to_string(before.size() - line_start + 1) + ": " + fault.what;
}

struct Tokens::Stage {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;

    void hold(std::size_t size) {
        if (parser && size <= parser->capacity()) return;
        const std::size_t capacity = std::max(std::bit_ceil(size), capacity_min);
        const auto error =
            parser ? parser->set_capacity(capacity)
                   : simdjson::get_active_implementation()->create_dom_parser_implementation(
                         capacity, 1, parser);
        check(error == simdjson::SUCCESS, "there is memory for a document's tokens");
    }
};

Tokens::Tokens() : stage_(std::make_unique<Stage>()) { stage_->hold(capacity_min); }

Tokens::~Tokens() = default;

std::optional<Fault> Tokens::scan(std::string_view body) {
    size_ = 0;
    stage_->hold(body.size());
    auto& parser = *stage_->parser;
    const auto error = parser.stage1(reinterpret_cast<const std::uint8_t*>(body.data()),
                                     body.size(), simdjson::stage1_mode::regular);
    offsets_ = parser.structural_indexes.get();
    switch (error) {
        case simdjson::SUCCESS: size_ = parser.n_structural_indexes; return std::nullopt;
        case simdjson::EMPTY: return Fault{body.size(), "the document is empty"};
        case simdjson::UTF8_ERROR: return Fault{first_invalid_utf8(body), "not UTF-8"};
        // The rest is about strings: one is not closed, or has a raw control character.
        default: return string_fault(body);
    }
}

}  // namespace ingest::decode
