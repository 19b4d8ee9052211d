#include "decode/csv_records.h"

#include <algorithm>

#include <simdjson.h>

#include "decode/text.h"

namespace ingest::decode {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

constexpr const char* not_closed = "the quote that opens here is not closed";
constexpr const char* not_closed_soon =
    "the quote that opens here is not closed within the bytes that a line may have";

}  // namespace

void CsvRecords::open(std::string_view text) {
    text_ = text;
    is_utf8_ = simdjson::validate_utf8(text.data(), text.size());
    at_ = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    next_line_ = 0;
    resolved_size_ = 0;
}

std::size_t CsvRecords::line_end(std::size_t from) const noexcept {
    return std::min(text_.find('\n', from), text_.size());
}

bool CsvRecords::skip_blank_lines() {
    while (at_ < text_.size()) {
        const std::size_t first = text_.find_first_not_of(" \t\r", at_);
        if (first == std::string_view::npos) return false;
        if (text_[first] != '\n') return true;
        at_ = first + 1;
        ++next_line_;
    }
    return false;
}

bool CsvRecords::next() {
    if (!skip_blank_lines()) return false;
    begin_ = at_;
    line_ = next_line_;
    limit_ = begin_ + record_bytes_max_;
    cells_.clear();
    count_ = 0;
    too_long_ = false;
    fault_ = {};
    const std::size_t resolved_before = resolved_size_;
    read_record();
    if (!faulty()) check_utf8();
    if (!faulty()) {
        const std::string_view record = text();
        next_line_ += static_cast<std::uint32_t>(std::count(record.begin(), record.end(), '\n')) +
                      (at_ > end_ ? 1 : 0);
        return true;
    }
    cells_.clear();
    resolved_size_ = resolved_before;
    end_ = line_end(begin_);
    at_ = std::min(end_ + 1, text_.size());
    ++next_line_;
    return true;
}

void CsvRecords::read_record() {
    do {
        const bool quoted = at_ < text_.size() && text_[at_] == '"';
        if (!(quoted ? quoted_cell() : plain_cell())) return;
    } while (!end_of_record());
}

// Behind a cell: a comma, or the end, which is within the bound.
bool CsvRecords::end_of_record() {
    if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        return false;
    }
    end_ = at_;
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size()) ++at_;
    if (end_ > limit_) {
        too_long_ = true;
        fault(limit_, "too long");
    }
    return true;
}

bool CsvRecords::quoted_cell() {
    const std::size_t open = at_;
    const std::size_t first = open + 1;
    const std::size_t stop = std::min(text_.size(), limit_ + 1);
    bool doubled = false;
    std::size_t close = first;
    for (;; close += 2) {
        close = text_.substr(0, stop).find('"', close);
        if (close == std::string_view::npos)
            return fault(open, stop < text_.size() ? not_closed_soon : not_closed);
        if (close + 1 >= text_.size() || text_[close + 1] != '"') break;
        doubled = true;
    }
    at_ = close + 1;
    const char after = at_ < text_.size() ? text_[at_] : '\n';
    const bool crlf = after == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n';
    if (after != ',' && after != '\n' && !crlf)
        return fault(at_, "expected ',' or the end of the line behind a quoted cell");
    std::string_view cell = text_.substr(first, close - first);
    if (doubled) {
        // What is resolved is shorter than what it was, so this grows before the first one.
        if (resolved_.size() < text_.size()) resolved_.resize(text_.size());
        char* const begin = resolved_.data() + resolved_size_;
        char* to = begin;
        for (std::size_t i = 0; i < cell.size(); ++i) {
            *to++ = cell[i];
            if (cell[i] == '"') ++i;
        }
        cell = {begin, static_cast<std::size_t>(to - begin)};
        resolved_size_ += cell.size();
    }
    add(cell);
    return true;
}

bool CsvRecords::plain_cell() {
    const std::size_t from = at_;
    at_ = std::min(text_.find_first_of(",\n\r\"", from), text_.size());
    if (at_ < text_.size() && text_[at_] == '"')
        return fault(at_, "a cell with a quote must be in quotes, its own doubled");
    if (at_ < text_.size() && text_[at_] == '\r' &&
        (at_ + 1 == text_.size() || text_[at_ + 1] != '\n'))
        return fault(at_, "a carriage return must end the line, or be in quotes");
    add(text_.substr(from, at_ - from));
    return true;
}

void CsvRecords::add(std::string_view cell) {
    if (count_++ < cells_max_) cells_.push_back(cell);
}

void CsvRecords::check_utf8() {
    if (is_utf8_) return;
    const std::size_t bad = first_invalid_utf8(text());
    if (bad < text().size()) fault(begin_ + bad, "not UTF-8");
}

bool CsvRecords::fault(std::size_t offset, const char* what) noexcept {
    fault_ = {offset, what};
    return false;
}

std::string CsvRecords::fault_text() const {
    return decode::fault_text({fault_.offset - begin_, fault_.what}, text_.substr(begin_), line_);
}

}  // namespace ingest::decode
