#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ingest/sdk/sink.hpp>

#include "postgres-sink/column_type.h"

namespace ingest::postgres_sink {

// One column of a write as a PostgreSQL array in binary format, all integers big-endian
// (src/backend/utils/adt/arrayfuncs.c, array_recv):
//
//   array   = int32 dimensions (0 or 1), int32 has_null (0 or 1), int32 element type
//             [ int32 elements, int32 lower bound ] { element }
//   element = int32 -1 (null) | int32 size, bytes
//
// Values are copied bit for bit; a timestamp moves from the epoch 1970 to PostgreSQL's, 2000.
// Keeps its memory from one array to the next. One thread.
class BinaryArray {
public:
    // Begins an array of `rows` elements, to be appended.
    void start(const ColumnType& type, std::int64_t rows);
    // REQUIRES: the column has the type that start() got.
    void append(const sdk::Column& column);
    const std::vector<unsigned char>& bytes() const noexcept { return bytes_; }

private:
    unsigned char* grow(std::size_t size);

    const ColumnType* type_ = nullptr;
    std::vector<unsigned char> bytes_;
};

// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
inline constexpr std::int64_t postgres_epoch_us = 946'684'800'000'000;

}  // namespace ingest::postgres_sink
