#include "decode/number.h"
#include "decode/reading.h"
#include "decode/timestamp.h"

// Readings whose values are texts without a type of their own: the column says what they must be.
namespace ingest::decode {
namespace {

// A number of JSON, and nothing else.
std::optional<Number> whole_number(std::string_view text) noexcept {
    const auto number = read_number(text);
    if (!number || number->text.size() != text.size()) return std::nullopt;
    return number;
}

}  // namespace

void ReadingDecoder::read_cells(const Target& target, std::uint32_t index,
                                std::span<const Cell> cells, std::string_view content) {
    Row row{target, index};
    begin(row);
    for (const Cell& cell : cells) {
        seen_[cell.column] = Member::given;
        take_cell(row, cell);
    }
    finish(row, content);
}

void ReadingDecoder::take_cell(Row& row, const Cell& cell) {
    const auto& [column, text] = cell;
    if (column == model::column_reading_id) return put_own_id(row, text);
    switch (schema_[column].type) {
        case model::ColumnType::float64:
            if (const auto number = whole_number(text)) return put_float64(row, column, *number);
            return refuse(row, column, "type", "must be a number as JSON writes it");
        case model::ColumnType::int64:
            if (const auto number = whole_number(text)) return put_int64(row, column, *number);
            return refuse(row, column, "type", "must be a whole number");
        case model::ColumnType::boolean:
            if (text == "true" || text == "false")
                return row.target.out.set_boolean(column, text == "true");
            return refuse(row, column, "type", "must be true or false");
        case model::ColumnType::timestamp: {
            const auto number = whole_number(text);
            if (!number) return put_timestamp(row, column, parse_timestamp(text));
            return put_timestamp(row, column, number->in_range ? epoch_timestamp(number->value)
                                                               : std::nullopt);
        }
        case model::ColumnType::utf8:
        case model::ColumnType::uuid: break;
    }
    put_utf8(row, column, {text, text.find('\0') != std::string_view::npos});
}

std::string ReadingDecoder::names() const {
    std::string list;
    for (std::size_t column = 0; column < schema_.size(); ++column) {
        if (find(schema_[column].name) != column) continue;
        if (!list.empty()) list += ", ";
        list += schema_[column].name;
    }
    return list;
}

}  // namespace ingest::decode
