#pragma once

#include <cstdint>

#include "spool/file.h"
#include "spool/segment.h"

namespace ingest::spool {

// Where the last segment's log ends.
struct Tail {
    std::uint64_t end = 0;           // one past the last reading
    std::uint64_t offset = 0;        // one past the last record
    std::uint64_t group_offset = 0;  // of the last record's group
    std::uint64_t traces_end = 0;    // behind `offset` if a write was torn there
    bool readable = true;            // the device read all of it
};

// Reads all records. Bad bytes are a torn write, and the log ends before them, unless a later
// group follows: a group is only begun when the one before it is durable, so those bytes were
// damaged afterwards and the log goes on behind them.
FileResult<Tail> scan_tail(const Segment& segment);

// Makes what the scan found durable and clears what was torn, so that appending may go on: the
// last group is written again (the page cache may show what the disk does not have), what lies
// behind it is zeroed. It may be torn itself: the same bytes are written where some stand.
FileResult<void> repair_tail(const Segment& segment, const Tail& tail);

}  // namespace ingest::spool
