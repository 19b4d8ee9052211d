#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <ingest/sdk/sink.hpp>

#include "postgres-sink/cell.h"

namespace ingest::postgres_sink {

// Rows of a write in the binary format of COPY, integers big-endian (src/backend/commands/copyto.c
// and the documentation of COPY, "Binary Format"):
//
//   stream = signature, int32 flags (0), int32 size of more header (0), { row }, int16 -1
//   row    = int16 fields, { cell }
//
// A piece at a time, so that its memory is that of the largest batch. One thread.
class CopyRows {
public:
    // By column of the batches.
    explicit CopyRows(std::vector<CellForm> forms) : forms_(std::move(forms)) {}

    // Each returns bytes that are valid until the next call.
    static std::span<const unsigned char> head() noexcept;
    std::span<const unsigned char> rows(const sdk::Batch& batch);
    static std::span<const unsigned char> end() noexcept;

private:
    std::vector<CellForm> forms_;
    std::vector<sdk::Column> columns_;  // of the batch
    std::vector<unsigned char> bytes_;
};

}  // namespace ingest::postgres_sink
