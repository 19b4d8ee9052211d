#pragma once

#include <chrono>
#include <cstdint>

namespace ingest::deliver {

// What a lane does with a write that ended with one of the ABI's codes. Pure.
enum class Verdict {
    done,   // durable at the destination
    retry,  // wait and write the same again, for ever
    halve,  // some reading in it can never be taken: find it
};
Verdict verdict_of(std::int32_t code) noexcept;

struct RetryOptions {
    std::chrono::milliseconds delay_min{100};
    std::chrono::milliseconds delay_max{30'000};
};

// How long to wait before attempt `attempt` (1 = the first retry): doubling from delay_min to
// delay_max, of which a half is fixed and a half is scaled by `random` in [0, 1), so that hosts
// which lost the same server do not come back at the same instant.
std::chrono::milliseconds backoff(const RetryOptions& options, std::uint32_t attempt,
                                  double random) noexcept;

}  // namespace ingest::deliver
