#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/uuid.h"
#include "model/batch.h"
#include "spool/file.h"

// Files of dead letters, `<sink>.<n>.log`, in the format of the spool's segments, a reading a
// record. Their schema has three columns more than the readings', at the end: dead_letter_sequence,
// dead_letter_time and dead_letter_reason.
namespace ingest::deliver {

// A reading that its sink can never take.
struct DeadLetter {
    std::uint64_t sequence = 0;  // its position in the log
    std::int64_t time_us = 0;    // when it was given up
    std::string reason;          // the sink's words
};

// Which letter. The reading's id too, because positions begin anew if the log is removed.
struct LetterId {
    std::uint64_t sequence = 0;
    Uuid reading_id{};
    friend auto operator<=>(const LetterId&, const LetterId&) = default;
};

LetterId id_of(const DeadLetter& letter, const model::Batch& reading);

// Gets each letter with its batch: one row, in letter_schema() of its time. False: no more.
using LetterVisitor = std::function<bool(const DeadLetter&, const model::Batch&)>;

// The columns of readings with the letter's behind them.
std::unique_ptr<model::Schema> letter_schema(const model::Schema& readings);
// Columns of a letter's batch that are the reading's: the first ones.
std::size_t reading_columns(const model::Schema& letters) noexcept;

std::string letter_file_name(std::string_view sink, std::uint64_t number);
// The numbers of a sink's files among these names, ascending.
std::vector<std::uint64_t> letter_file_numbers(const std::vector<std::string>& names,
                                               std::string_view sink);
// The sinks that have files among these names, each once.
std::vector<std::string> sinks_with_letters(const std::vector<std::string>& names);

// What is behind the head of a file.
struct LetterFileContent {
    std::unique_ptr<model::Schema> schema;
    std::uint64_t segment = 0;
    std::uint64_t end = 0;  // where the next letter goes: behind whatever is there
    // Bytes that are no letter: torn when the power went, and then its reading came again, or
    // damaged since.
    std::uint64_t unreadable = 0;
};

// Appends a letter's record for `offset` to `out`. `reading` has one row, of any schema.
void append_letter(std::string& out, const model::Schema& letters, const DeadLetter& letter,
                   const model::Batch& reading, std::uint64_t segment, std::uint64_t offset);

// `path` is for the error's text.
Result<LetterFileContent> read_letter_file(spool::File& file, const std::filesystem::path& path,
                                           const LetterVisitor& visit);

}  // namespace ingest::deliver
