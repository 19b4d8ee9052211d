#pragma once

#include <endian.h>

#include <bit>
#include <cstdint>
#include <cstring>

#include <ingest/sdk/batch.hpp>

namespace ingest::postgres_sink {

// What a value looks like in PostgreSQL's binary format (the type's send function).
enum class CellForm { uuid, uuid_as_text, text, timestamp, float8, int8, boolean };

// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
inline constexpr std::int64_t postgres_epoch_us = 946'684'800'000'000;

// Bytes of a cell, which is its size and its value; of a text without its characters.
constexpr std::size_t cell_size(CellForm form) noexcept {
    constexpr std::size_t size_field = 4;
    switch (form) {
        case CellForm::uuid: return size_field + 16;
        case CellForm::uuid_as_text: return size_field + 36;
        case CellForm::text: return size_field;
        case CellForm::boolean: return size_field + 1;
        default: return size_field + 8;
    }
}

inline unsigned char* put16(unsigned char* at, std::uint16_t value) noexcept {
    value = htobe16(value);
    std::memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

inline unsigned char* put32(unsigned char* at, std::uint32_t value) noexcept {
    value = htobe32(value);
    std::memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

inline unsigned char* put64(unsigned char* at, std::uint64_t value) noexcept {
    value = htobe64(value);
    std::memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

inline unsigned char* put_digits(unsigned char* at, std::span<const std::uint8_t, 16> id) noexcept {
    static constexpr char digits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < id.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = static_cast<unsigned char>(digits[id[i] >> 4]);
        *at++ = static_cast<unsigned char>(digits[id[i] & 15]);
    }
    return at;
}

// One cell, as it stands in a binary array and in a row of binary COPY alike, integers big-endian:
//
//   cell = int32 -1 (null) | int32 size, bytes
//
// Values are copied bit for bit; a timestamp moves from the epoch 1970 to PostgreSQL's, 2000.
// Returns where the next one goes. REQUIRES: room, and that the column has a type of that form.
inline unsigned char* put_cell(unsigned char* at, CellForm form, const sdk::Column& column,
                               std::int64_t row) noexcept {
    if (!column.has(row)) return put32(at, UINT32_MAX);
    switch (form) {
        case CellForm::uuid:
            at = put32(at, 16);
            std::memcpy(at, column.uuid(row).data(), 16);
            return at + 16;
        case CellForm::uuid_as_text:
            return put_digits(put32(at, 36), column.uuid(row));
        case CellForm::text: {
            const std::string_view text = column.utf8(row);
            at = put32(at, static_cast<std::uint32_t>(text.size()));
            if (!text.empty()) std::memcpy(at, text.data(), text.size());
            return at + text.size();
        }
        case CellForm::boolean:
            at = put32(at, 1);
            *at = column.boolean(row) ? 1 : 0;
            return at + 1;
        case CellForm::float8:
            return put64(put32(at, 8), std::bit_cast<std::uint64_t>(column.f64(row)));
        case CellForm::timestamp:
            return put64(put32(at, 8),
                         static_cast<std::uint64_t>(column.i64(row) - postgres_epoch_us));
        case CellForm::int8: break;
    }
    return put64(put32(at, 8), static_cast<std::uint64_t>(column.i64(row)));
}

// The most that `column` takes.
inline std::size_t cells_size_max(CellForm form, const sdk::Column& column) noexcept {
    std::size_t size = static_cast<std::size_t>(column.size()) * cell_size(form);
    if (form == CellForm::text && column.size() > 0) {
        const auto* offsets = column.data<std::int32_t>(1);
        size += static_cast<std::size_t>(offsets[column.size()] - offsets[0]);
    }
    return size;
}

}  // namespace ingest::postgres_sink
