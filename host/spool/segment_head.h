#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "spool/file.h"

// A segment's first bytes; its records follow at offset `size`.
//
//   head = magic:u32 crc:u32 version:u16 flags:u16 size:u32 first:u64 former_end:u64
//          segment:u64 created_us:i64 schema_bytes:u32 zero:u32 schema zeros
//
// `size` counts the whole head, a multiple of 4096; `crc` is the CRC-32C of everything behind it.
// `first` is the sequence number of the first reading, as in the file's name. The segment before
// this one ends at `former_end`, whatever else stands in it: what a failed write left there was
// never acknowledged. Numbers in [former_end, first) belong to nobody. `schema` is the text of
// model::to_text.
namespace ingest::spool {

inline constexpr std::uint16_t segment_version = 1;

struct SegmentHead {
    std::uint16_t version = segment_version;
    std::uint64_t first = 0;
    std::uint64_t former_end = 0;
    std::uint64_t segment = 0;  // random
    std::int64_t created_us = 0;
    std::string schema;
    std::uint64_t size = 0;  // as stored; encode_head() computes it
};

std::string encode_head(const SegmentHead& head);

// Nothing if these bytes are not a head in order. Of another version than ours only the version
// is filled in: magic, crc and size stay where they are in all. Errors are the disk's.
FileResult<std::optional<SegmentHead>> read_head(File& file);

// "segment-00000000000000000042.log"
std::string segment_name(std::uint64_t first);
std::optional<std::uint64_t> first_of_segment_name(std::string_view name);

}  // namespace ingest::spool
