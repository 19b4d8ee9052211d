#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/decoded.h"
#include "decode/document.h"
#include "decode/reading_id.h"
#include "model/batch.h"
#include "model/schema.h"

namespace ingest::decode {

// Where the readings of one document come from and go to.
struct Target {
    Document& document;
    const Context& context;
    model::Batch& out;
    Decoded& decoded;
};

// Turns the reading ahead in a document into a row. Refers to the schema, which outlives it; owns
// only memory that is used again for the next reading. One thread.
class ReadingDecoder {
public:
    ReadingDecoder(const model::Schema& schema, const Options& options);

    // False: the document is malformed.
    bool read(const Target& target, std::uint32_t index);

    // The same of a reading that is no JSON: the text of each cell that is given, none twice, and
    // what all of the reading was sent as. Texts are valid as long as the body.
    struct Cell {
        std::size_t column;
        std::string_view text;
    };
    void read_cells(const Target& target, std::uint32_t index, std::span<const Cell> cells,
                    std::string_view content);

    // The column that clients may give under this name.
    std::optional<std::size_t> find(std::string_view name) const noexcept;
    // Columns that every reading must have.
    std::span<const std::size_t> required() const noexcept { return required_; }
    // "equipment_id, temperature, ...": what find() knows, in the schema's order.
    std::string names() const;
    std::size_t names_count() const noexcept { return by_name_.size(); }
    std::string_view name(std::size_t column) const noexcept { return schema_[column].name; }

private:
    enum class Member : std::uint8_t { absent, null, given, repeated };

    // The reading that is being read.
    struct Row {
        const Target& target;
        std::uint32_t index;
        std::size_t findings = 0;
        bool refused = false;
        bool metadata_full = false;
        std::string_view equipment_id = {};
        std::string_view own_id = {};
        std::optional<std::int64_t> timestamp_us = {};
    };

    bool members(Row& row);
    void begin(Row& row);
    bool known(Row& row, std::size_t column);
    bool unknown(Row& row, const Text& name, std::string_view name_as_sent);
    void keep(Row& row, std::string_view name_as_sent, std::string_view value);
    void finish(Row& row, std::string_view content);
    Uuid id_of(const Row& row, std::string_view content);

    bool float64_cell(Row& row, std::size_t column);
    bool int64_cell(Row& row, std::size_t column);
    bool boolean_cell(Row& row, std::size_t column);
    bool utf8_cell(Row& row, std::size_t column);
    bool timestamp_cell(Row& row, std::size_t column);
    bool own_id(Row& row);
    void take_cell(Row& row, const Cell& cell);

    // A value to its cell, however it was written.
    void put_float64(Row& row, std::size_t column, const Number& number);
    void put_int64(Row& row, std::size_t column, const Number& number);
    void put_utf8(Row& row, std::size_t column, const Text& text);
    void put_timestamp(Row& row, std::size_t column, std::optional<std::int64_t> us);
    void put_own_id(Row& row, std::string_view id);

    bool wrong_type(Row& row, std::size_t column);
    void refuse(Row& row, std::string_view field, std::string_view code, std::string message);
    void refuse(Row& row, std::size_t column, std::string_view code, std::string_view predicate);

    const model::Schema& schema_;
    const Options options_;
    std::vector<std::pair<std::string_view, std::size_t>> by_name_;  // sorted
    std::vector<std::size_t> required_;
    std::optional<std::size_t> metadata_;  // the column, if unknown members are kept
    // Clients send members in the same order every time: the column that came at each position
    // of the last reading is tried first.
    std::vector<std::size_t> expected_;
    std::vector<Member> seen_;  // by column, of this reading
    std::string kept_;
    ReadingIds ids_;
};

}  // namespace ingest::decode
