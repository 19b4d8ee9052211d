#include <algorithm>

#include "decode/decoder.h"

// NDJSON: a document on each line.
namespace ingest::decode {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string_view take_line(std::string_view& text) noexcept {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

bool is_blank(std::string_view line) noexcept {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// The last row is not to be, whether or not it is complete.
void take_back(const Target& target, std::int64_t rows) {
    if (target.out.rows() == rows) return;
    target.out.drop_last_row();
    Decoded& decoded = target.decoded;
    const auto kept = static_cast<std::size_t>(rows);
    if (decoded.index.size() == kept) return;
    if (model::get_bit(decoded.refused, rows)) --decoded.refused_rows;
    model::put_bit(decoded.refused, rows, false);
    decoded.index.pop_back();
    decoded.equipment_ids.pop_back();
    decoded.refused.resize(model::bitmap_bytes(rows));
}

}  // namespace

void Decoder::lines(std::string_view body, const Context& context, model::Batch& out,
                    Decoded& decoded) {
    out.clear();
    decoded.clear();
    const Target target{document_, context, out, decoded};
    if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
    document_.begin_parts(body.size());
    std::uint32_t count = 0;
    for (std::uint32_t index = 0; !body.empty(); ++index) {
        const std::string_view text = take_line(body);
        if (is_blank(text)) continue;
        // Lines beyond the bound are only counted, as the answer is a refusal.
        if (++count <= lines_max_) line(target, text, index);
    }
    finish_lines(target, count, ", one a line");
}

void Decoder::finish_lines(const Target& target, std::uint32_t count, std::string_view where) {
    Decoded& decoded = target.decoded;
    if (count == 0 || count > lines_max_) {
        target.out.clear();
        decoded.clear();
        decoded.findings.push_back({0, "readings", "length",
                                    "the body must have 1 to " + std::to_string(lines_max_) +
                                        " readings" + std::string(where) + ", not " +
                                        std::to_string(count)});
        return;
    }
    decoded.total = count;
}

model::Finding Decoder::too_long(std::uint32_t line, std::size_t size) const {
    return {line, "", "too_long",
            "a line must have at most " + std::to_string(line_bytes_max_) + " bytes, not " +
                std::to_string(size)};
}

// What one line does wrong is a finding of its own; the others are not concerned.
void Decoder::line(const Target& target, std::string_view text, std::uint32_t index) {
    if (text.size() > line_bytes_max_) {
        target.decoded.findings.push_back(too_long(index, text.size()));
        return;
    }
    const std::int64_t rows = target.out.rows();
    const std::size_t findings = target.decoded.findings.size();
    if (document_.open_part(text) && reading_.read(target, index) && document_.finish()) return;
    take_back(target, rows);
    target.decoded.findings.resize(findings);
    target.decoded.findings.push_back({index, "", "malformed", document_.fault_text(index)});
}

}  // namespace ingest::decode
