#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "model/batch.h"

// A batch's content in the plainest form, to compare the columnar one with, and random ones.
namespace ingest::model {

// Doubles as their bits, so that comparing is exact.
struct Bits {
    std::uint64_t value;
    friend bool operator==(const Bits&, const Bits&) = default;
};
using PlainCell = std::variant<std::monostate, Bits, std::int64_t, bool, std::string, Uuid>;
using PlainRow = std::vector<PlainCell>;
using PlainRows = std::vector<PlainRow>;

// Every type, two of those with bits and characters, so that neighbours would show a mix-up.
inline std::unique_ptr<Schema> schema_of_all_types() {
    return std::make_unique<Schema>(std::vector<Field>{{"real", ColumnType::float64, true},
                                                       {"count", ColumnType::int64, false},
                                                       {"label", ColumnType::utf8, false},
                                                       {"on", ColumnType::boolean, false},
                                                       {"seen", ColumnType::timestamp, false},
                                                       {"note", ColumnType::utf8, false},
                                                       {"hot", ColumnType::boolean, true}});
}

inline PlainCell read_cell(const Batch& batch, std::size_t column, std::int64_t row) {
    if (!batch.has(column, row)) return {};
    switch (batch.schema()[column].type) {
        case ColumnType::float64:
            return Bits{std::bit_cast<std::uint64_t>(batch.float64(column, row))};
        case ColumnType::utf8: return std::string(batch.utf8(column, row));
        case ColumnType::boolean: return batch.boolean(column, row);
        case ColumnType::uuid: return batch.uuid(column, row);
        case ColumnType::int64:
        case ColumnType::timestamp: break;
    }
    return batch.int64(column, row);
}

inline PlainRows read_rows(const Batch& batch) {
    PlainRows rows(static_cast<std::size_t>(batch.rows()));
    for (std::size_t row = 0; row < rows.size(); ++row) {
        for (std::size_t column = 0; column < batch.schema().size(); ++column) {
            rows[row].push_back(read_cell(batch, column, static_cast<std::int64_t>(row)));
        }
    }
    return rows;
}

inline void append_row(Batch& batch, const PlainRow& row) {
    batch.add_row();
    for (std::size_t column = 0; column < row.size(); ++column) {
        const PlainCell& cell = row[column];
        if (const auto* real = std::get_if<Bits>(&cell)) {
            batch.set_float64(column, std::bit_cast<double>(real->value));
        } else if (const auto* text = std::get_if<std::string>(&cell)) {
            batch.set_utf8(column, *text);
        } else if (const auto* truth = std::get_if<bool>(&cell)) {
            batch.set_boolean(column, *truth);
        } else if (const auto* id = std::get_if<Uuid>(&cell)) {
            batch.set_uuid(column, *id);
        } else if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
            batch.set_int64(column, *integer);
        }
    }
}

class RandomBatches {
public:
    explicit RandomBatches(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    PlainCell cell(ColumnType type) {
        if (below(4) == 0) return {};
        switch (type) {
            case ColumnType::float64: return Bits{random_()};
            case ColumnType::utf8: return text();
            case ColumnType::boolean: return below(2) == 0;
            case ColumnType::uuid: {
                Uuid id;
                for (auto& byte : id) byte = static_cast<std::uint8_t>(random_());
                return id;
            }
            case ColumnType::int64:
            case ColumnType::timestamp: break;
        }
        return static_cast<std::int64_t>(random_());
    }
    std::string text() {
        std::string text(below(8) == 0 ? below(200) : below(12), ' ');
        for (char& c : text) c = static_cast<char>(random_());
        return text;
    }
    PlainRow row(const Schema& schema) {
        PlainRow row;
        for (const Field& field : schema.columns()) row.push_back(cell(field.type));
        return row;
    }
    Batch batch(const Schema& schema, std::uint64_t rows) {
        Batch batch(schema);
        for (; rows > 0; --rows) append_row(batch, row(schema));
        return batch;
    }

private:
    std::mt19937_64 random_;
};

// What holds for the buffers of every batch, whatever was done to it (profile v1 of the ABI).
inline void expect_sound_buffers(const Batch& batch) {
    const auto rows = static_cast<std::size_t>(batch.rows());
    for (std::size_t i = 0; i < batch.schema().size(); ++i) {
        const Batch::Column& column = batch.column(i);
        ASSERT_EQ(column.type, batch.schema()[i].type);
        const bool text = column.type == ColumnType::utf8;
        const bool bits = column.type == ColumnType::boolean;
        ASSERT_EQ(column.validity.size(), (rows + 7) / 8);
        ASSERT_EQ(column.values.size(),
                  bits ? (rows + 7) / 8 : text ? (rows + 1) * 4 : rows * value_width(column.type));
        for (const Buffer* buffer : {&column.validity, &column.values, &column.chars}) {
            if (buffer == &column.chars && !text) continue;
            ASSERT_NE(buffer->data(), nullptr);
            ASSERT_EQ(reinterpret_cast<std::uintptr_t>(buffer->data()) % Buffer::alignment, 0U);
            ASSERT_EQ(buffer->capacity() % Buffer::alignment, 0U);
            ASSERT_TRUE(std::all_of(buffer->data() + buffer->size(),
                                    buffer->data() + buffer->capacity(),
                                    [](std::byte byte) { return byte == std::byte{0}; }))
                << "padding of column " << i;
        }
        for (std::size_t bit = rows; bit < (rows + 7) / 8 * 8; ++bit) {
            const auto row = static_cast<std::int64_t>(bit);
            ASSERT_FALSE(get_bit(column.validity, row));
            ASSERT_FALSE(bits && get_bit(column.values, row));
        }
        if (text) {
            const auto* offsets = column.values.as<std::int32_t>();
            ASSERT_EQ(offsets[0], 0);
            ASSERT_TRUE(std::is_sorted(offsets, offsets + rows + 1));
            ASSERT_EQ(static_cast<std::size_t>(offsets[rows]), column.chars.size());
        }
    }
}

}  // namespace ingest::model
