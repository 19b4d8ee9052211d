#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/distribution.h"
#include "model/batch.h"

// Values that the spool and its users exchange. A position is a reading's sequence number: it
// counts readings since the spool was made and is never given to another acknowledged reading.
namespace ingest::spool {

// None is above this one, 292,000 years of a million readings a second: a file that says so is
// damaged or forged. So sums of a position and a count do not overflow.
inline constexpr std::uint64_t position_max = INT64_MAX;

// Readings [first, end).
struct Range {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
    friend bool operator==(const Range&, const Range&) = default;
};

struct Options {
    std::filesystem::path dir;
    std::uint64_t segment_bytes = 64ULL << 20;
    std::uint64_t size_max = 10ULL << 30;  // segments and the spare together
    // What lanes read without touching the disk. Batches that a lane holds count for the lane.
    std::uint64_t memory_tail_bytes_max = 32ULL << 20;
    std::uint32_t record_rows_max = 1000;
    // One read gives no more than this and a record, so that long texts do not fill the memory.
    std::uint64_t read_bytes_max = 1ULL << 20;
    // One write and sync; bounded so that the first of a large group does not wait for the last.
    std::uint64_t group_bytes_max = 4ULL << 20;
    // A cursor reaches the disk at most this much after it moved (the page cache at once).
    std::chrono::milliseconds cursor_sync_interval{1000};
    // How often a disk without space is tried again.
    std::chrono::milliseconds space_retry_interval{1000};
    // Asked in open() each time another process is found to own `dir`: true, try again; false, give
    // up. It does the waiting. Empty: give up at once.
    std::function<bool()> wait_for_owner;
};

// Shared: the memory tail and every lane that is writing it hold a record's batch.
using SharedBatch = std::shared_ptr<const model::Batch>;

// Readings [first, first + batch->rows()).
struct Record {
    std::uint64_t first = 0;
    SharedBatch batch;

    std::uint64_t end() const noexcept {
        return first + static_cast<std::uint64_t>(batch->rows());
    }
};

// What stands in the log from the position that was asked for up to `end`: records in order, and
// holes between them. Whoever has finished with the records goes on at `end`. No records and
// `end` beyond the position asked for: only a hole was there.
struct Run {
    std::vector<Record> records;
    std::uint64_t end = 0;
    // Accepted readings in [from, end) that are in no record: damaged, their bytes are in
    // quarantine/. Numbers that no acknowledged reading ever had are not counted.
    std::uint64_t lost = 0;
};

// Two counts as of one instant.
struct Tally {
    std::uint64_t acknowledged = 0;  // readings, since this process opened the spool
    std::uint64_t beyond = 0;        // accepted readings from a position to the end
};

enum class State {
    accepting,
    full,    // the quota or the disk; draining goes on and it heals by itself
    failed,  // writing failed on a fresh segment too; until the process is started again
    closed,
};

// Names a cursor of this process; cheap to copy.
enum class CursorId : std::uint32_t {};

struct OpenedCursor {
    CursorId id{};
    std::uint64_t position = 0;
    bool created = false;  // the sink is new; it starts at the end of the log
};

struct CursorState {
    std::string sink;
    std::uint64_t position = 0;
    bool orphaned = false;  // found on disk, and nobody opened it
};

// Upper bounds of buckets for how many readings a group has.
inline constexpr std::array<std::uint64_t, 8> group_bounds{1, 3, 10, 30, 100, 300, 1'000, 3'000};

// Since this process opened the spool, what recovery found included. Gauges are marked.
struct Counters {
    std::uint64_t groups = 0;
    std::uint64_t records = 0;
    std::uint64_t readings = 0;       // acknowledged
    std::uint64_t bytes_written = 0;  // records with their headers
    std::uint64_t failed_groups = 0;
    std::uint64_t sync_errors = 0;    // failed writes and syncs of segments
    std::uint64_t cursor_errors = 0;
    std::uint64_t segments = 0;           // gauge
    std::uint64_t segments_recycled = 0;
    std::uint64_t torn_tail_bytes = 0;    // cut at recovery; never acknowledged
    std::uint64_t quarantined_bytes = 0;  // damaged, kept in quarantine/
    std::uint64_t quarantined_ranges = 0;
    std::uint64_t lost_readings = 0;      // that stood in them
    Distribution group_readings{group_bounds};  // of groups that were committed
    Distribution commit_us{};                     // a group's write and sync, if they went well
};

}  // namespace ingest::spool
