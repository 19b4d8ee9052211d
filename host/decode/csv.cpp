#include <algorithm>

#include "decode/decoder.h"
#include "decode/text.h"

// CSV: a line with names of columns, and a reading on each behind it.
namespace ingest::decode {
namespace {

// What a message repeats of the names that there are.
constexpr std::size_t names_bytes_max = 512;

// Columns beyond those that a reading has are told by their names only up to so many.
constexpr std::size_t columns_too_many = 64;

std::string quoted(std::string_view name) { return "\"" + std::string(cut(name)) + "\""; }

}  // namespace

void Decoder::csv(std::string_view body, const Context& context, model::Batch& out,
                  Decoded& decoded) {
    out.clear();
    decoded.clear();
    const Target target{document_, context, out, decoded};
    records_.open(body);
    take_columns(decoded.findings);
    if (!decoded.findings.empty()) return;
    std::uint32_t count = 0;
    while (records_.next()) {
        // Those beyond the bound are only counted, as the answer is a refusal.
        if (++count <= lines_max_) record(target);
    }
    finish_lines(target, count, ", one a line below the names of the columns");
}

// The findings say what is wrong with the line of names; then nothing else is looked at.
void Decoder::take_columns(model::Findings& findings) {
    columns_.clear();
    records_.set_cells_max(reading_.names_count() + columns_too_many);
    if (!records_.next()) {
        findings.push_back({0, "readings", "length",
                            "the body is empty: its first line must name the columns, which are "
                            "of " + std::string(cut(reading_.names(), names_bytes_max))});
        return;
    }
    const std::uint32_t line = records_.line();
    if (records_.faulty()) {
        findings.push_back(line_fault());
        return;
    }
    const auto tell = [&](std::string_view name, std::string_view code, std::string message) {
        if (findings.size() >= findings_max_) return;
        findings.push_back({line, std::string(cut(name)), std::string(code), std::move(message)});
    };
    for (const std::string_view name : records_.cells()) {
        const auto column = reading_.find(name);
        if (!column) {
            std::string message = "the column " + quoted(name) + " is not a field of a reading";
            if (findings.empty())
                message += "; there are " + std::string(cut(reading_.names(), names_bytes_max));
            tell(name, "unknown", std::move(message));
        } else if (std::ranges::find(columns_, *column) != columns_.end()) {
            tell(name, "duplicate", "the column " + quoted(name) + " is there more than once");
        } else {
            columns_.push_back(*column);
        }
    }
    if (records_.count() > records_.cells().size())
        tell("", "too_many", "there are " + std::to_string(records_.count()) + " columns");
    for (const std::size_t column : reading_.required()) {
        if (std::ranges::find(columns_, column) != columns_.end()) continue;
        const std::string_view name = reading_.name(column);
        tell(name, "missing", "the column " + quoted(name) + " is missing");
    }
    records_.set_cells_max(columns_.size());
    content_.assign(records_.text());
    content_ += '\n';
    header_size_ = content_.size();
}

model::Finding Decoder::line_fault() const {
    if (records_.too_long()) return too_long(records_.line(), records_.text().size());
    return {records_.line(), "", "malformed", records_.fault_text()};
}

// A reading's content is its line and the names, without which the line could be another reading.
void Decoder::record(const Target& target) {
    const std::uint32_t line = records_.line();
    if (records_.faulty()) {
        target.decoded.findings.push_back(line_fault());
        return;
    }
    if (records_.count() != columns_.size()) {
        target.decoded.findings.push_back(
            {line, "", "malformed",
             "line " + std::to_string(line + std::uint64_t{1}) + ": expected " +
                 std::to_string(columns_.size()) + " cells, one for each column, not " +
                 std::to_string(records_.count())});
        return;
    }
    cells_.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const std::string_view text = records_.cells()[i];
        if (!text.empty()) cells_.push_back({columns_[i], text});
    }
    content_.resize(header_size_);
    content_ += records_.text();
    reading_.read_cells(target, line, cells_, content_);
}

}  // namespace ingest::decode
