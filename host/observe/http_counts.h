#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/distribution.h"

namespace ingest::observe {

// Answers by class: [2] counts 2xx, [4] 4xx, [5] 5xx.
using Responses = std::array<std::uint64_t, 6>;

struct RouteCounts {
    std::string_view route;  // one of a fixed few, whatever clients ask for
    Responses responses{};
    Distribution duration_us{};  // from a request's head to its answer
};

// What a server counted since its start; a snapshot from all cores, not an instant.
struct HttpCounts {
    std::vector<RouteCounts> routes;
    Responses responses{};  // of all routes
    std::uint64_t ingest_requests = 0;      // whose body reached the front
    std::uint64_t readings_stored = 0;      // 201
    std::uint64_t readings_spooled = 0;     // 202
    std::uint64_t readings_refused = 0;
    std::uint64_t readings_failed = 0;      // 5xx: they were not kept, and not for what they are
    std::uint64_t readings_warned = 0;
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_refused = 0;  // over a bound of connections
    std::uint64_t rate_limited = 0;         // 429
    std::uint64_t overloaded = 0;           // 503 before the body was read
    std::uint64_t timeouts = 0;             // 408, idle, write and TLS handshake
    std::uint64_t handshakes_failed = 0;    // of TLS
    std::uint64_t connections_open = 0;     // now
    std::uint64_t requests_in_flight = 0;   // now, from the end of the body to the answer
    std::uint64_t bytes_in_flight = 0;      // now

    std::uint64_t readings_accepted() const noexcept { return readings_stored + readings_spooled; }
};

}  // namespace ingest::observe
