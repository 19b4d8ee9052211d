#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "model/batch.h"
#include "model/schema.h"
#include "spool/file.h"
#include "spool/inspect.h"
#include "spool/record.h"
#include "spool/types.h"

namespace ingest::spool {

// Where an intact record stands.
struct RecordPlace {
    Range readings;
    std::uint64_t offset = 0;
    std::uint64_t end_offset = 0;
    std::uint64_t group = 0;
    std::uint64_t segment = 0;
    bool fits = true;  // the schema; false: intact, but no batch of it
};

// Bytes between two records that are none, or readings that are not where they should be.
struct Hole {
    std::uint64_t offset = 0;
    std::uint64_t end = 0;
    Range readings;
    // A later group follows, so what stood here was durable: damage. Else it may be a write that
    // was cut short, and nobody was told that it is safe.
    bool proven = false;
};

// The intact records of one file.
struct SegmentScan {
    std::optional<std::uint64_t> segment;  // their id; none: there is no record
    std::vector<RecordPlace> places;       // by offset
    std::uint64_t first = 0;               // the first reading that should be there
    std::uint64_t begin = 0;               // where it should stand, or stands without a head
    std::uint64_t traces_end = 0;          // what began like a record ends here
    std::uint64_t unreadable = 0;          // bytes that the device could not read

    std::uint64_t end() const noexcept;         // one past the last reading
    std::uint64_t end_offset() const noexcept;  // one past the last record
    std::uint64_t readings() const noexcept;    // copies counted too
    // In the order of the file.
    std::vector<Hole> holes() const;
};

// Whether it is one of the batch's schema; then the batch has its rows.
bool is_batch(const FoundRecord& found, model::Batch& batch);

// Reads the whole file. Without a head that is in order, records of any id are taken that cannot
// be left over from an earlier life of the file, and of these the id that most readings have.
// What a host is writing meanwhile is no hole, unless it is at the end. A file that is gone
// meanwhile has no records. With a schema it is tried whether the records are batches of it.
FileResult<SegmentScan> scan_segment(FileSystem& files, const std::filesystem::path& dir,
                                     const StoredSegment& stored,
                                     const model::Schema* schema = nullptr);

}  // namespace ingest::spool
