#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/batch.h"
#include "spool/file.h"

// Records as they stand one behind the other in a segment, from the end of its head:
//
//   record  = header payload
//   header  = magic:u32 crc:u32 version:u16 flags:u16 length:u32 rows:u32 zero:u32
//             first:u64 segment:u64 group:u64                              (48 bytes)
//   payload = `length` bytes: a batch as in model/batch_codec.h
//
// All numbers little-endian, nothing aligned. `crc` is the CRC-32C of everything behind it.
// `first` is the sequence number of the first reading. `segment` is the random id of the segment:
// what a recycled file held before is never taken for a record. `group` is the offset in the file
// of the first record that was written and synced together with this one: a later group proves
// that all earlier ones were synced, so damage in them is damage; without such proof it may be a
// write that was cut short, and was never acknowledged.
namespace ingest::spool {

struct RecordHeader {
    std::uint32_t length = 0;
    std::uint32_t rows = 0;
    std::uint64_t first = 0;
    std::uint64_t segment = 0;
    std::uint64_t group = 0;

    std::uint64_t end() const noexcept { return first + rows; }
};

inline constexpr std::size_t record_header_bytes = 48;

std::size_t record_size(const model::Batch& batch) noexcept;

// Appends one record to `out`.
void append_record(std::string& out, const model::Batch& batch, std::uint64_t first,
                   std::uint64_t segment, std::uint64_t group);

// A valid record in a file: magic, version, segment and checksum are right.
struct FoundRecord {
    RecordHeader header;
    std::uint64_t offset = 0;
    std::span<const std::byte> payload;

    std::uint64_t end_offset() const noexcept {
        return offset + record_header_bytes + header.length;
    }
};

// Walks over the valid records of one segment, from `offset` up to `limit`, and steps over
// whatever is none. Reads in large pieces; keeps no more than the largest record. One thread.
class RecordScanner {
public:
    // Without a segment id: those of any segment.
    RecordScanner(File& file, std::optional<std::uint64_t> segment, std::uint64_t offset,
                  std::uint64_t limit);

    // The next one, or nothing up to the limit. What lies between the last one's end and this
    // one's offset is damaged. The payload is valid until the next call.
    FileResult<std::optional<FoundRecord>> next();

    // Up to where something was that began like a record of this segment, valid or not.
    std::uint64_t traces_end() const noexcept { return traces_end_; }
    // Bytes that the disk could not read, again and again; they count as damaged.
    std::uint64_t unreadable() const noexcept { return unreadable_; }

private:
    FileResult<bool> load(std::uint64_t offset, std::uint64_t size);
    std::span<const std::byte> loaded(std::uint64_t offset) const noexcept;
    std::optional<RecordHeader> header_at(std::uint64_t offset) noexcept;
    std::uint64_t next_magic(std::uint64_t offset) const noexcept;

    File& file_;
    const std::optional<std::uint64_t> segment_;
    const std::uint64_t limit_;
    std::uint64_t position_;
    std::uint64_t traces_end_ = 0;
    std::uint64_t unreadable_ = 0;
    std::uint64_t window_offset_ = 0;
    std::size_t window_size_ = 0;
    std::vector<std::byte> window_;
};

// As File::read, but what the device cannot read (EIO, thrice) comes as zeros, page by page, and
// is counted: one bad sector must not hide the records around it.
FileResult<std::size_t> read_what_is_readable(File& file, std::uint64_t offset,
                                              std::span<std::byte> bytes,
                                              std::uint64_t& unreadable);

}  // namespace ingest::spool
