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
//   array = int32 dimensions (0 or 1), int32 has_null (0 or 1), int32 element type
//           [ int32 elements, int32 lower bound ] { cell }
//
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

}  // namespace ingest::postgres_sink
