#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/distribution.h"

// What /internal/ledger tells: where every accepted reading is. Plain values: `app` hands the http
// room a function that makes them. Counts are readings since this process started unless a comment
// says otherwise.
namespace ingest::observe {

struct SpoolLedger {
    std::string_view state;  // "accepting", "full", "failed" or "closed"
    std::uint64_t begin = 0;       // position of the first reading that is kept
    std::uint64_t end = 0;         // one past the last
    std::uint64_t used_bytes = 0;  // now
    std::uint64_t size_max = 0;    // bytes
    std::uint64_t accepted = 0;    // durable, so they may be acknowledged
    std::uint64_t groups = 0;
    std::uint64_t records = 0;
    std::uint64_t bytes_written = 0;
    std::uint64_t failed_groups = 0;
    std::uint64_t sync_errors = 0;
    std::uint64_t cursor_errors = 0;
    std::uint64_t segments = 0;  // now
    std::uint64_t segments_recycled = 0;
    std::uint64_t torn_tail_bytes = 0;
    std::uint64_t quarantined_bytes = 0;
    std::uint64_t quarantined_ranges = 0;
    std::uint64_t lost = 0;  // their bytes were damaged: in quarantine
    std::uint64_t waiting_bytes = 0;  // submitted and not durable yet
    Distribution group_readings{};      // of groups that were committed
    Distribution commit_us{};           // a group's write and sync
};

// accepted == delivered + waiting + dead_lettered + lost, in every one of them.
struct SinkLedger {
    std::string name;
    bool connected = false;
    std::uint64_t cursor = 0;         // position before which everything is settled
    std::uint64_t accepted = 0;       // what waited at start, and what was accepted since
    std::uint64_t delivered = 0;
    std::uint64_t waiting = 0;        // now
    std::uint64_t dead_lettered = 0;
    std::uint64_t lost = 0;
    std::uint64_t retries = 0;        // writes that were put off
    Distribution write_us{};            // the plugin's calls, also those that failed
};

// Each sink's line is of one instant; different lines are of different ones.
struct Ledger {
    SpoolLedger spool;
    std::vector<SinkLedger> sinks;
};

}  // namespace ingest::observe
