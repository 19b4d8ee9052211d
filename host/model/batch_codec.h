#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/error.h"
#include "model/batch.h"

namespace ingest::model {

// A batch as bytes, for the spool. All numbers little-endian; nothing is aligned.
//
//   batch   = rows:u32 columns:u32 { column }
//   column  = type:u8 chars:u32 validity values characters
//   validity    ceil(rows / 8) bytes
//   values      rows * 8 | rows * 16 | ceil(rows / 8) for booleans | rows * 4 for text, where
//               each is the offset of the text's end (the first text starts at 0)
//   characters  `chars` bytes, for text; else chars = 0
//
// The schema is not in it: it stands at the head of the spool's segment.
class BatchCodec {
public:
    static std::size_t encoded_size(const Batch& batch) noexcept;
    // Appends encoded_size() bytes.
    static void encode(const Batch& batch, std::string& out);
    // Replaces what is in `out`. Checks every length and offset: any bytes may come in.
    static Result<void> decode(std::span<const std::byte> bytes, Batch& out);
};

}  // namespace ingest::model
