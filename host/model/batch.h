#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "model/buffer.h"
#include "model/schema.h"

namespace ingest::model {

// Readings in columns: what flows from decode to the sinks. The buffers are laid out as the plugin
// ABI's batch profile wants them, so plugins see them without a copy.
//
// Rows are built one at a time: add_row() appends an all-null row, the set_* functions fill the
// last row's cells, drop_last_row() takes it back. Not thread-safe; shared between threads only as
// const. Refers to its schema, which must outlive it.
//
// REQUIRES of every accessor: column and row exist and the type fits the column's (checked in
// debug builds by the sanitizers, not here: these are the innermost loops).
class Batch {
public:
    // With room for so many rows from the start, at least 64, in a single allocation.
    explicit Batch(const Schema& schema, std::int64_t rows_expected = 0);
    // What was moved from may only be assigned to or destroyed.
    Batch(Batch&&) noexcept = default;
    Batch& operator=(Batch&& other) noexcept;

    const Schema& schema() const noexcept { return *schema_; }
    std::int64_t rows() const noexcept { return rows_; }
    bool empty() const noexcept { return rows_ == 0; }
    // Bytes in use.
    std::size_t bytes() const noexcept;
    // Bytes that are held for them, for bounds on memory.
    std::size_t memory() const noexcept;

    void clear() noexcept;
    void add_row();
    void drop_last_row();

    // The last row's cells. A text may be set once per row.
    void set_null(std::size_t column) noexcept;
    void set_int64(std::size_t column, std::int64_t value) noexcept;  // int64 and timestamp
    void set_float64(std::size_t column, double value) noexcept;
    void set_boolean(std::size_t column, bool value) noexcept;
    void set_uuid(std::size_t column, const Uuid& value) noexcept;
    void set_utf8(std::size_t column, std::string_view value);

    bool has(std::size_t column, std::int64_t row) const noexcept;
    std::int64_t int64(std::size_t column, std::int64_t row) const noexcept;
    double float64(std::size_t column, std::int64_t row) const noexcept;
    bool boolean(std::size_t column, std::int64_t row) const noexcept;
    Uuid uuid(std::size_t column, std::int64_t row) const noexcept;
    std::string_view utf8(std::size_t column, std::int64_t row) const noexcept;

    // Changes any row's cell; for text this rewrites the column's characters behind it, so a
    // caller with many changes gives them all at once, sorted by row.
    struct TextEdit {
        std::int64_t row;
        std::string_view value;
    };
    void change_null(std::size_t column, std::int64_t row) noexcept;
    void change_int64(std::size_t column, std::int64_t row, std::int64_t value) noexcept;
    void change_float64(std::size_t column, std::int64_t row, double value) noexcept;
    void change_boolean(std::size_t column, std::int64_t row, bool value) noexcept;
    void change_utf8(std::size_t column, std::span<const TextEdit> edits);

    // Appends rows [first, first + count) of a batch with the same layout.
    void append(const Batch& other, std::int64_t first, std::int64_t count);
    void append(const Batch& other) { append(other, 0, other.rows()); }

    // Appends the rows of a batch with another schema: columns are matched by name and type,
    // columns unknown here are left out, columns unknown there become null.
    void append_adapted(const Batch& other);

    // One column's buffers. `values` are the offsets of a utf8 column.
    struct Column {
        ColumnType type;
        Buffer validity;
        Buffer values;
        Buffer chars;  // utf8 only
    };
    const Column& column(std::size_t index) const noexcept { return columns_[index]; }

    friend bool operator==(const Batch& a, const Batch& b) noexcept;

private:
    friend class BatchCodec;
    void resize_rows(std::int64_t rows);
    static void append_bits(Buffer& to, std::int64_t to_row, const Buffer& from,
                            std::int64_t from_row, std::int64_t count) noexcept;
    static void append_cells(Column& to, std::int64_t to_row, const Column& from,
                             std::int64_t from_row, std::int64_t count);

    struct Free {
        void operator()(std::byte* block) const noexcept;
    };

    const Schema* schema_;
    std::unique_ptr<std::byte, Free> block_;  // lent to the columns
    std::size_t block_bytes_ = 0;
    std::vector<Column> columns_;
    std::int64_t rows_ = 0;
};

inline bool get_bit(const Buffer& bits, std::int64_t row) noexcept {
    return (bits.as<std::uint8_t>()[row / 8] >> (row % 8) & 1) != 0;
}

inline void put_bit(Buffer& bits, std::int64_t row, bool value) noexcept {
    const auto mask = static_cast<std::uint8_t>(1U << (row % 8));
    std::uint8_t& byte = bits.as<std::uint8_t>()[row / 8];
    byte = static_cast<std::uint8_t>(value ? byte | mask : byte & ~mask);
}

inline std::size_t bitmap_bytes(std::int64_t rows) noexcept {
    return static_cast<std::size_t>((rows + 7) / 8);
}

// Width of one value in bytes; 0 for booleans, which are bits, and 4 (an offset) for text.
std::size_t value_width(ColumnType type) noexcept;

}  // namespace ingest::model
