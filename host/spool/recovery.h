#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "model/schema.h"
#include "spool/cursor.h"
#include "spool/file.h"
#include "spool/quarantine.h"
#include "spool/segment.h"
#include "spool/segment_store.h"
#include "spool/types.h"

namespace ingest::spool {

// What is in the directory after recovery. The last segment may go on at `resume_offset`; if it
// may not (another schema, damage, a failed repair), a new one begins at `end`.
struct Recovered {
    struct Part {
        SharedSegment segment;
        Extent extent;
        bool clean = true;  // may be recycled: its sync never failed
    };
    std::vector<Part> parts;  // in order of their readings
    std::vector<SharedCursor> cursors;
    bool resumes = false;
    std::uint64_t resume_offset = 0;
    std::uint64_t end = 0;  // the next reading's number
    // Where the new segment's former one ends, if one begins: below `end` only when the log ended
    // in an empty segment, whose place the new one takes.
    std::uint64_t former_end = 0;
    std::uint64_t torn_tail_bytes = 0;
};

// Reads the heads of all segments, all cursors, and every record of the last segment; older
// segments are checked when they are read. Writes nothing but: the removal of drafts, files moved
// to the quarantine, the last group again and zeros over what was torn behind it. It may die at
// any point and be started again. One thread, before any other.
Result<Recovered> recover(const Options& options, const model::Schema& schema, FileSystem& files,
                          SegmentStore& store, Quarantine& quarantine);

}  // namespace ingest::spool
