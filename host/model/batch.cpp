#include "model/batch.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.h"

namespace ingest::model {
namespace {

// Rows that a fresh batch has room for without growing.
constexpr std::int64_t rows_at_first = 64;

// Characters of a text that is always there, about: an equipment id.
constexpr std::size_t text_at_first = 16;

std::size_t values_bytes(ColumnType type, std::int64_t rows) noexcept {
    const auto n = static_cast<std::size_t>(rows);
    if (type == ColumnType::boolean) return bitmap_bytes(rows);
    if (type == ColumnType::utf8) return (n + 1) * sizeof(std::int32_t);
    return n * value_width(type);
}

}  // namespace

std::size_t value_width(ColumnType type) noexcept {
    switch (type) {
        case ColumnType::int64:
        case ColumnType::float64:
        case ColumnType::timestamp: return 8;
        case ColumnType::uuid: return 16;
        case ColumnType::utf8: return sizeof(std::int32_t);
        case ColumnType::boolean: break;
    }
    return 0;
}

Batch::Batch(const Schema& schema, std::int64_t rows_expected) : schema_(&schema) {
    const std::int64_t rows = std::max(rows_expected, rows_at_first);
    const std::size_t validity = Buffer::padded(bitmap_bytes(rows));
    const auto values = [&](const Field& field) {
        return Buffer::padded(values_bytes(field.type, rows));
    };
    const auto chars = [&](const Field& field) {
        if (field.type != ColumnType::utf8) return std::size_t{0};
        return field.required ? Buffer::padded(static_cast<std::size_t>(rows) * text_at_first)
                              : Buffer::alignment;
    };
    for (const Field& field : schema.columns()) {
        block_bytes_ += validity + values(field) + chars(field);
    }
    block_.reset(static_cast<std::byte*>(
        ::operator new(block_bytes_, std::align_val_t{Buffer::alignment})));
    std::memset(block_.get(), 0, block_bytes_);
    std::byte* at = block_.get();
    const auto lend = [&at](Buffer& buffer, std::size_t size) {
        buffer.lend(at, size);
        at += size;
    };
    columns_.reserve(schema.size());
    for (const Field& field : schema.columns()) {
        Column& column = columns_.emplace_back();
        column.type = field.type;
        lend(column.validity, validity);
        lend(column.values, values(field));
        if (field.type == ColumnType::utf8) lend(column.chars, chars(field));
        column.values.resize(values_bytes(field.type, 0));
    }
}

void Batch::Free::operator()(std::byte* block) const noexcept {
    ::operator delete(block, std::align_val_t{Buffer::alignment});
}

Batch& Batch::operator=(Batch&& other) noexcept {
    std::swap(schema_, other.schema_);
    std::swap(block_, other.block_);
    std::swap(block_bytes_, other.block_bytes_);
    std::swap(columns_, other.columns_);
    std::swap(rows_, other.rows_);
    return *this;
}

std::size_t Batch::bytes() const noexcept {
    std::size_t sum = 0;
    for (const Column& column : columns_) {
        sum += column.validity.size() + column.values.size() + column.chars.size();
    }
    return sum;
}

std::size_t Batch::memory() const noexcept {
    // About what an allocation with such an alignment costs beside what was asked for.
    constexpr std::size_t beside = Buffer::alignment;
    std::size_t sum =
        sizeof(Batch) + columns_.capacity() * sizeof(Column) + block_bytes_ + 2 * beside;
    const auto own = [](const Buffer& buffer) {
        return buffer.lent() ? 0 : buffer.capacity() + beside;
    };
    for (const Column& column : columns_) {
        sum += own(column.validity) + own(column.values) + own(column.chars);
    }
    return sum;
}

void Batch::resize_rows(std::int64_t rows) {
    for (Column& column : columns_) {
        column.validity.resize(bitmap_bytes(rows));
        const std::size_t before = column.values.size();
        column.values.resize(values_bytes(column.type, rows));
        if (column.type == ColumnType::utf8 && column.values.size() > before) {
            auto* offsets = column.values.as<std::int32_t>();
            std::fill(offsets + rows_ + 1, offsets + rows + 1, offsets[rows_]);
        }
    }
    rows_ = rows;
}

void Batch::clear() noexcept {
    for (Column& column : columns_) {
        column.validity.resize(0);
        column.values.resize(0);
        column.values.resize(values_bytes(column.type, 0));
        column.chars.resize(0);
    }
    rows_ = 0;
}

void Batch::add_row() { resize_rows(rows_ + 1); }

void Batch::drop_last_row() {
    const std::int64_t row = rows_ - 1;
    for (Column& column : columns_) {
        put_bit(column.validity, row, false);
        if (column.type == ColumnType::boolean) put_bit(column.values, row, false);
        if (column.type == ColumnType::utf8) {
            column.chars.resize(
                static_cast<std::size_t>(column.values.as<std::int32_t>()[row]));
        }
    }
    resize_rows(row);
}

void Batch::set_null(std::size_t column) noexcept { change_null(column, rows_ - 1); }

void Batch::set_int64(std::size_t column, std::int64_t value) noexcept {
    change_int64(column, rows_ - 1, value);
}

void Batch::set_float64(std::size_t column, double value) noexcept {
    change_float64(column, rows_ - 1, value);
}

void Batch::set_boolean(std::size_t column, bool value) noexcept {
    change_boolean(column, rows_ - 1, value);
}

void Batch::set_uuid(std::size_t column, const Uuid& value) noexcept {
    std::memcpy(columns_[column].values.data() + (rows_ - 1) * 16, value.data(), 16);
    put_bit(columns_[column].validity, rows_ - 1, true);
}

void Batch::set_utf8(std::size_t column, std::string_view value) {
    Column& cells = columns_[column];
    cells.chars.append(value.data(), value.size());
    check(cells.chars.size() <= INT32_MAX, "a column of text stays below 2 GiB");
    cells.values.as<std::int32_t>()[rows_] = static_cast<std::int32_t>(cells.chars.size());
    put_bit(cells.validity, rows_ - 1, true);
}

bool Batch::has(std::size_t column, std::int64_t row) const noexcept {
    return get_bit(columns_[column].validity, row);
}

std::int64_t Batch::int64(std::size_t column, std::int64_t row) const noexcept {
    return columns_[column].values.as<std::int64_t>()[row];
}

double Batch::float64(std::size_t column, std::int64_t row) const noexcept {
    return columns_[column].values.as<double>()[row];
}

bool Batch::boolean(std::size_t column, std::int64_t row) const noexcept {
    return get_bit(columns_[column].values, row);
}

Uuid Batch::uuid(std::size_t column, std::int64_t row) const noexcept {
    Uuid id;
    std::memcpy(id.data(), columns_[column].values.data() + row * 16, id.size());
    return id;
}

std::string_view Batch::utf8(std::size_t column, std::int64_t row) const noexcept {
    const Column& cells = columns_[column];
    const auto* offsets = cells.values.as<std::int32_t>();
    return {cells.chars.as<char>() + offsets[row],
            static_cast<std::size_t>(offsets[row + 1] - offsets[row])};
}

void Batch::change_null(std::size_t column, std::int64_t row) noexcept {
    put_bit(columns_[column].validity, row, false);
}

void Batch::change_int64(std::size_t column, std::int64_t row, std::int64_t value) noexcept {
    columns_[column].values.as<std::int64_t>()[row] = value;
    put_bit(columns_[column].validity, row, true);
}

void Batch::change_float64(std::size_t column, std::int64_t row, double value) noexcept {
    columns_[column].values.as<double>()[row] = value;
    put_bit(columns_[column].validity, row, true);
}

void Batch::change_boolean(std::size_t column, std::int64_t row, bool value) noexcept {
    put_bit(columns_[column].values, row, value);
    put_bit(columns_[column].validity, row, true);
}

void Batch::change_utf8(std::size_t column, std::span<const TextEdit> edits) {
    Column& cells = columns_[column];
    Buffer chars;
    chars.reserve(cells.chars.capacity());
    auto* offsets = cells.values.as<std::int32_t>();
    std::size_t next_edit = 0;
    std::int32_t start = offsets[0];
    for (std::int64_t row = 0; row < rows_; ++row) {
        const std::int32_t end = offsets[row + 1];
        std::string_view value{cells.chars.as<char>() + start,
                               static_cast<std::size_t>(end - start)};
        start = end;
        while (next_edit < edits.size() && edits[next_edit].row == row) {
            value = edits[next_edit++].value;
            put_bit(cells.validity, row, true);
        }
        chars.append(value.data(), value.size());
        check(chars.size() <= INT32_MAX, "a column of text stays below 2 GiB");
        offsets[row + 1] = static_cast<std::int32_t>(chars.size());
    }
    cells.chars = std::move(chars);
}

void Batch::append_bits(Buffer& to, std::int64_t to_row, const Buffer& from, std::int64_t from_row,
                        std::int64_t count) noexcept {
    if (to_row % 8 == 0 && from_row % 8 == 0) {
        const auto whole = static_cast<std::size_t>(count / 8);
        std::memcpy(to.data() + to_row / 8, from.data() + from_row / 8, whole);
        to_row += count / 8 * 8;
        from_row += count / 8 * 8;
        count %= 8;
    }
    for (std::int64_t i = 0; i < count; ++i) put_bit(to, to_row + i, get_bit(from, from_row + i));
}

void Batch::append_cells(Column& to, std::int64_t to_row, const Column& from,
                         std::int64_t from_row, std::int64_t count) {
    append_bits(to.validity, to_row, from.validity, from_row, count);
    if (to.type == ColumnType::boolean) {
        append_bits(to.values, to_row, from.values, from_row, count);
        return;
    }
    if (to.type != ColumnType::utf8) {
        const std::size_t width = value_width(to.type);
        std::memcpy(to.values.data() + static_cast<std::size_t>(to_row) * width,
                    from.values.data() + static_cast<std::size_t>(from_row) * width,
                    static_cast<std::size_t>(count) * width);
        return;
    }
    auto* offsets = to.values.as<std::int32_t>() + to_row;
    const auto* source = from.values.as<std::int32_t>() + from_row;
    const std::int32_t shift = offsets[0] - source[0];
    to.chars.append(from.chars.data() + source[0],
                    static_cast<std::size_t>(source[count] - source[0]));
    check(to.chars.size() <= INT32_MAX, "a column of text stays below 2 GiB");
    for (std::int64_t i = 1; i <= count; ++i) offsets[i] = source[i] + shift;
}

void Batch::append(const Batch& other, std::int64_t first, std::int64_t count) {
    check(other.schema_ == schema_ || other.schema_->same_layout(*schema_),
          "appended batches have the same layout");
    if (count == 0) return;
    const std::int64_t before = rows_;
    resize_rows(before + count);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        append_cells(columns_[i], before, other.columns_[i], first, count);
    }
}

void Batch::append_adapted(const Batch& other) {
    const std::int64_t before = rows_;
    const std::int64_t count = other.rows();
    if (count == 0) return;
    resize_rows(before + count);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const auto source = other.schema().find((*schema_)[i].name);
        if (!source || other.columns_[*source].type != columns_[i].type) continue;
        append_cells(columns_[i], before, other.columns_[*source], 0, count);
    }
}

bool operator==(const Batch& a, const Batch& b) noexcept {
    if (a.rows_ != b.rows_ || !a.schema_->same_layout(*b.schema_)) return false;
    for (std::size_t i = 0; i < a.columns_.size(); ++i) {
        for (std::int64_t row = 0; row < a.rows_; ++row) {
            if (a.has(i, row) != b.has(i, row)) return false;
            if (!a.has(i, row)) continue;
            switch (a.columns_[i].type) {
                case ColumnType::int64:
                case ColumnType::timestamp:
                case ColumnType::float64:  // bit for bit: 0.0 and -0.0 differ
                    if (a.int64(i, row) != b.int64(i, row)) return false;
                    break;
                case ColumnType::utf8:
                    if (a.utf8(i, row) != b.utf8(i, row)) return false;
                    break;
                case ColumnType::boolean:
                    if (a.boolean(i, row) != b.boolean(i, row)) return false;
                    break;
                case ColumnType::uuid:
                    if (a.uuid(i, row) != b.uuid(i, row)) return false;
                    break;
            }
        }
    }
    return true;
}

}  // namespace ingest::model
