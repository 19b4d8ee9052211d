#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace ingest {

// 16 bytes in network order, as RFC 9562 lays them out.
using Uuid = std::array<std::uint8_t, 16>;

// "0190f3c4-8f3b-7a51-9c1e-3f6d2b7a9e10"
std::string to_text(const Uuid& uuid);
void append_text(std::string& out, const Uuid& uuid);

// Makes version 7 UUIDs (RFC 9562, 5.7): 48 bits of milliseconds, then a counter that starts at
// random in each millisecond and rises within it (method 1 of section 6.2), so ids of one source
// are strictly increasing and dense in an index. One per thread; never shared.
class UuidSource {
public:
    UuidSource();
    // In a given state, for tests.
    UuidSource(const std::array<std::uint64_t, 4>& seed, std::int64_t last_ms,
               std::uint64_t counter) noexcept
        : state_(seed), last_ms_(last_ms), counter_(counter) {}
    Uuid next(std::int64_t now_ms) noexcept;

private:
    std::uint64_t random() noexcept;
    std::array<std::uint64_t, 4> state_;  // xoshiro256++, seeded from the system
    std::int64_t last_ms_ = 0;
    std::uint64_t counter_ = 0;
};

}  // namespace ingest
