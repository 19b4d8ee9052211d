#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ingest {

// Wall clock: microseconds since 1970-01-01T00:00:00Z.
std::int64_t now_us() noexcept;

// Monotonic clock in nanoseconds, the one of plugin deadlines.
std::int64_t monotonic_ns() noexcept;
std::int64_t monotonic_ns(std::chrono::steady_clock::time_point when) noexcept;

// "2026-11-23T20:54:54.123456Z"; the fraction is left out when it is zero. For years 0001..9999.
std::string to_rfc3339(std::int64_t us_since_epoch);
void append_rfc3339(std::string& out, std::int64_t us_since_epoch);

}  // namespace ingest
