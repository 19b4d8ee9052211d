#include "postgres-sink/binary_array.h"

#include <endian.h>

#include <bit>
#include <cstring>

namespace ingest::postgres_sink {
namespace {

constexpr std::size_t has_null_at = 4;
constexpr std::size_t head_size = 20;

unsigned char* put32(unsigned char* at, std::uint32_t value) noexcept {
    value = htobe32(value);
    std::memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

unsigned char* put64(unsigned char* at, std::uint64_t value) noexcept {
    value = htobe64(value);
    std::memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

// Writes every row of a column whose values are `width` bytes: `put(at, row)` writes one.
template <class Put>
unsigned char* put_cells(unsigned char* at, const sdk::Column& column, std::uint32_t width,
                         Put put) {
    for (std::int64_t row = 0; row < column.size(); ++row) {
        if (!column.has(row)) {
            at = put32(at, UINT32_MAX);
            continue;
        }
        at = put32(at, width);
        put(at, row);
        at += width;
    }
    return at;
}

unsigned char* put_texts(unsigned char* at, const sdk::Column& column) {
    for (std::int64_t row = 0; row < column.size(); ++row) {
        if (!column.has(row)) {
            at = put32(at, UINT32_MAX);
            continue;
        }
        const std::string_view text = column.utf8(row);
        at = put32(at, static_cast<std::uint32_t>(text.size()));
        if (!text.empty()) std::memcpy(at, text.data(), text.size());
        at += text.size();
    }
    return at;
}

unsigned char* put_values(unsigned char* at, const sdk::Column& column, const ColumnType& type) {
    switch (type.format.front()) {
        case 'u':
            return put_texts(at, column);
        case 'w':
            return put_cells(at, column, type.width, [&](unsigned char* to, std::int64_t row) {
                std::memcpy(to, column.uuid(row).data(), 16);
            });
        case 'b':
            return put_cells(at, column, type.width, [&](unsigned char* to, std::int64_t row) {
                *to = column.boolean(row) ? 1 : 0;
            });
        case 'g':
            return put_cells(at, column, type.width, [&](unsigned char* to, std::int64_t row) {
                put64(to, std::bit_cast<std::uint64_t>(column.f64(row)));
            });
        case 't':
            return put_cells(at, column, type.width, [&](unsigned char* to, std::int64_t row) {
                put64(to, static_cast<std::uint64_t>(column.i64(row) - postgres_epoch_us));
            });
        default:  // l
            return put_cells(at, column, type.width, [&](unsigned char* to, std::int64_t row) {
                put64(to, static_cast<std::uint64_t>(column.i64(row)));
            });
    }
}

}  // namespace

void BinaryArray::start(const ColumnType& type, std::int64_t rows) {
    type_ = &type;
    bytes_.resize(head_size);
    unsigned char* at = bytes_.data();
    at = put32(at, rows == 0 ? 0 : 1);
    at = put32(at, 0);
    at = put32(at, type.oid);
    if (rows == 0) {
        // An array without elements has no dimension either.
        bytes_.resize(static_cast<std::size_t>(at - bytes_.data()));
        return;
    }
    at = put32(at, static_cast<std::uint32_t>(rows));
    put32(at, 1);
}

void BinaryArray::append(const sdk::Column& column) {
    const std::int64_t rows = column.size();
    if (rows == 0) return;
    if (column.null_count() != 0) put32(bytes_.data() + has_null_at, 1);
    const auto count = static_cast<std::size_t>(rows);
    std::size_t size_max = count * (4 + type_->width);
    if (type_->width == 0) {
        const auto* offsets = column.data<std::int32_t>(1);
        size_max += static_cast<std::size_t>(offsets[rows] - offsets[0]);
    }
    unsigned char* at = grow(size_max);
    at = put_values(at, column, *type_);
    bytes_.resize(static_cast<std::size_t>(at - bytes_.data()));
}

unsigned char* BinaryArray::grow(std::size_t size) {
    const std::size_t before = bytes_.size();
    bytes_.resize(before + size);
    return bytes_.data() + before;
}

}  // namespace ingest::postgres_sink
