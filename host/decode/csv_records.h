#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/tokens.h"

namespace ingest::decode {

// A CSV text (RFC 4180), one record after the other: cells between commas, a record to a line,
// ended by LF or CRLF. A cell that begins with a quote ends with one, has its quotes doubled, and
// may hold commas and line breaks; in another there is no quote. Blanks belong to their cell. Lines
// with nothing but blanks are skipped, as is a byte order mark.
//
// What is wrong with a record is a fault of the line on which it begins, and reading goes on at the
// line behind that one: so a quote that is not closed costs no other line. This takes linear time:
// only a line with an odd number of quotes begins a record of several lines, which ends at the
// latest on the next such line, so no text is looked at more than twice.
//
// Owns the memory of cells with doubled quotes, kept between texts: what was given out of one stays
// valid until the next open(). One thread.
class CsvRecords {
public:
    explicit CsvRecords(std::size_t record_bytes_max) noexcept
        : record_bytes_max_(record_bytes_max) {}

    // The text outlives the walk.
    void open(std::string_view text);
    // Goes to the next record. False: there is none.
    bool next();

    // Of the record: the line on which it begins, from 0, and its text without the line's end.
    std::uint32_t line() const noexcept { return line_; }
    std::string_view text() const noexcept { return text_.substr(begin_, end_ - begin_); }
    // Its cells, no more than cells_max() of them; count() says how many there are.
    std::span<const std::string_view> cells() const noexcept { return cells_; }
    std::size_t count() const noexcept { return count_; }
    void set_cells_max(std::size_t most) noexcept { cells_max_ = most; }

    // Whether there is a fault instead of cells. Its text is "line 2, column 7: ...".
    bool faulty() const noexcept { return fault_.what[0] != '\0'; }
    // A record with more bytes than record_bytes_max.
    bool too_long() const noexcept { return too_long_; }
    std::string fault_text() const;

private:
    bool skip_blank_lines();
    void read_record();
    bool quoted_cell();
    bool plain_cell();
    bool end_of_record();
    bool fault(std::size_t offset, const char* what) noexcept;
    void check_utf8();
    void add(std::string_view cell);
    std::size_t line_end(std::size_t from) const noexcept;

    const std::size_t record_bytes_max_;
    std::string_view text_;
    bool is_utf8_ = true;
    std::size_t at_ = 0;      // what is looked at next
    std::size_t begin_ = 0;   // of the record
    std::size_t end_ = 0;
    std::size_t limit_ = 0;   // what a record that begins there may not reach beyond
    std::uint32_t line_ = 0;
    std::uint32_t next_line_ = 0;
    std::vector<std::string_view> cells_;
    std::size_t cells_max_ = 0;
    std::size_t count_ = 0;
    bool too_long_ = false;
    Fault fault_;
    std::vector<char> resolved_;  // never grows while views into it are out
    std::size_t resolved_size_ = 0;
};

}  // namespace ingest::decode
