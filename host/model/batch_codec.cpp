#include "model/batch_codec.h"

#include <bit>
#include <cstring>

namespace ingest::model {
namespace {

static_assert(std::endian::native == std::endian::little, "the spool's format is little-endian");

std::size_t stored_values_bytes(ColumnType type, std::int64_t rows) noexcept {
    if (type == ColumnType::boolean) return bitmap_bytes(rows);
    return static_cast<std::size_t>(rows) * value_width(type);
}

template <class T>
void put(std::string& out, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.append(bytes, sizeof value);
}

void put(std::string& out, const std::byte* bytes, std::size_t size) {
    out.append(reinterpret_cast<const char*>(bytes), size);
}

// Takes from the front of the bytes; fails, and stays failed, when they run out.
class Cursor {
public:
    explicit Cursor(std::span<const std::byte> bytes) : left_(bytes) {}
    template <class T>
    T number() {
        T value{};
        const auto bytes = take(sizeof value);
        if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }
    std::span<const std::byte> take(std::size_t size) {
        if (size > left_.size()) failed_ = true;
        if (failed_) return {};
        const auto front = left_.first(size);
        left_ = left_.subspan(size);
        return front;
    }
    bool failed() const noexcept { return failed_; }
    bool at_end() const noexcept { return left_.empty(); }

private:
    std::span<const std::byte> left_;
    bool failed_ = false;
};

// Bits past the last row must be zero, or two equal batches would differ.
bool tail_is_zero(const Buffer& bits, std::int64_t rows) noexcept {
    return rows % 8 == 0 || (bits.as<std::uint8_t>()[rows / 8] >> (rows % 8)) == 0;
}

bool offsets_rise(const std::int32_t* ends, std::int64_t rows, std::size_t chars) noexcept {
    std::int32_t before = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
        if (ends[i] < before) return false;
        before = ends[i];
    }
    return static_cast<std::size_t>(before) == chars;
}

}  // namespace

std::size_t BatchCodec::encoded_size(const Batch& batch) noexcept {
    std::size_t size = 8;
    for (const Batch::Column& column : batch.columns_) {
        size += 5 + bitmap_bytes(batch.rows_) + stored_values_bytes(column.type, batch.rows_) +
                column.chars.size();
    }
    return size;
}

void BatchCodec::encode(const Batch& batch, std::string& out) {
    put(out, static_cast<std::uint32_t>(batch.rows_));
    put(out, static_cast<std::uint32_t>(batch.columns_.size()));
    for (const Batch::Column& column : batch.columns_) {
        out += static_cast<char>(column.type);
        put(out, static_cast<std::uint32_t>(column.chars.size()));
        put(out, column.validity.data(), bitmap_bytes(batch.rows_));
        // The first offset is always 0 and is not stored.
        const std::size_t skip = column.type == ColumnType::utf8 ? sizeof(std::int32_t) : 0;
        put(out, column.values.data() + skip, stored_values_bytes(column.type, batch.rows_));
        put(out, column.chars.data(), column.chars.size());
    }
}

Result<void> BatchCodec::decode(std::span<const std::byte> bytes, Batch& out) {
    Cursor cursor(bytes);
    const auto rows = static_cast<std::int64_t>(cursor.number<std::uint32_t>());
    const auto columns = cursor.number<std::uint32_t>();
    out.clear();
    if (cursor.failed() || columns != out.columns_.size()) {
        return Error{"a batch does not have the columns of its schema"};
    }
    // Before memory is taken: what so many rows need at least, all texts empty.
    std::size_t size_min = 8;
    for (const Batch::Column& column : out.columns_) {
        size_min += 5 + bitmap_bytes(rows) + stored_values_bytes(column.type, rows);
    }
    if (size_min > bytes.size()) return Error{"a batch is cut short"};
    out.resize_rows(rows);
    for (Batch::Column& column : out.columns_) {
        const auto type = cursor.number<std::uint8_t>();
        const auto chars = cursor.number<std::uint32_t>();
        if (cursor.failed() || type != static_cast<std::uint8_t>(column.type)) {
            out.clear();
            return Error{"a batch's column has another type than its schema says"};
        }
        const auto validity = cursor.take(bitmap_bytes(rows));
        const auto values = cursor.take(stored_values_bytes(column.type, rows));
        const auto text = cursor.take(chars);
        if (cursor.failed()) {
            out.clear();
            return Error{"a batch is cut short"};
        }
        if (rows > 0) {
            const std::size_t skip = column.type == ColumnType::utf8 ? sizeof(std::int32_t) : 0;
            std::memcpy(column.validity.data(), validity.data(), validity.size());
            std::memcpy(column.values.data() + skip, values.data(), values.size());
        }
        column.chars.append(text.data(), text.size());
        const bool sound =
            tail_is_zero(column.validity, rows) &&
            (column.type != ColumnType::boolean || tail_is_zero(column.values, rows)) &&
            (column.type == ColumnType::utf8
                 ? offsets_rise(column.values.as<std::int32_t>() + 1, rows, chars)
                 : chars == 0);
        if (!sound) {
            out.clear();
            return Error{"a batch's offsets or bitmaps are malformed"};
        }
    }
    if (!cursor.at_end()) {
        out.clear();
        return Error{"a batch is followed by stray bytes"};
    }
    return {};
}

}  // namespace ingest::model
