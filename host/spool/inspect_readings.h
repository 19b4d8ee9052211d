#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/batch.h"
#include "model/schema.h"
#include "spool/file.h"
#include "spool/inspect.h"

namespace ingest::spool {

struct ReadingsOptions {
    std::uint64_t from = 0;   // only readings at this position and beyond
    bool quarantine = false;  // what is in quarantine/, instead of the log
    // The fields of records whose segment's head is damaged, when those of no other segment fit.
    const model::Schema* fallback = nullptr;
};

// What became of all readings; counted in readings.
struct ReadingsSummary {
    std::uint64_t visited = 0;
    std::uint64_t copies = 0;       // left out, because they came already
    std::uint64_t failed = 0;       // left out: their write failed, and their senders were told so
    std::uint64_t perhaps = 0;      // visited, but recovery would cut them as part of a torn write
    std::uint64_t missing = 0;      // nothing is left of them
    std::uint64_t shapeless = 0;    // intact, but no schema fits
    std::uint64_t overwritten = 0;  // by the host, which had delivered them, while we read
    std::vector<std::string> notes;  // on single files
};

// The rows of the batch from `row` on. False: no more.
using VisitReadings = std::function<bool(const model::Batch& batch, std::int64_t row)>;

// Every acknowledged reading once, oldest first, whatever is around it: damage is stepped over,
// copies are left out, records that stand out of order come in order. A file is held in memory as
// a list of its records, and one record as a batch. Errors are those of the disk. `inventory` may
// be older than the files: what a host consumed meanwhile is left out.
FileResult<ReadingsSummary> for_each_reading(FileSystem& files, const Inventory& inventory,
                                             const ReadingsOptions& options,
                                             const VisitReadings& visit);

}  // namespace ingest::spool
