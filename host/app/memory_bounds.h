#pragma once

#include <cstdint>

#include "app/config/config.h"
#include "model/schema.h"

namespace ingest::app {

// What can be held in memory at once, in bytes, each by a bound that some room enforces; what the
// sum is made of stands in docs/ARCHITECTURE.md.
struct MemoryBounds {
    std::uint64_t requests = 0;     // bodies, what became of them, answers on their way
    std::uint64_t connections = 0;  // their buffers, and a small answer for each
    std::uint64_t cores = 0;        // what each keeps for its next request
    std::uint64_t commit = 0;       // the group that is being written
    std::uint64_t spool = 0;        // new readings kept for the lanes, and the log's index
    std::uint64_t sinks = 0;        // what workers hold while they write
    std::uint64_t queries = 0;
    std::uint64_t process = 0;      // code, libraries, stacks

    std::uint64_t sum() const noexcept {
        return requests + connections + cores + commit + spool + sinks + queries + process;
    }
};

// Of one request, what http::Limits::outcome_bytes_max asks for.
std::uint64_t outcome_bytes_max(const config::Config& config, const model::Schema& schema);

// http::Limits::answers_max: a reserve, and the largest of them.
std::uint64_t answers_bytes_max(const config::Config& config, const model::Schema& schema);

// `cores`: how many there are, whatever the configuration says.
MemoryBounds memory_bounds(const config::Config& config, const model::Schema& schema,
                           unsigned cores);

}  // namespace ingest::app
