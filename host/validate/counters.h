#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/count.h"
#include "plugin/report.h"

namespace ingest::validate {

// What one core's calls of a validator took. Written by the core, read by any thread; cores do not
// share a cache line.
struct alignas(64) Calls {
    Count calls;
    Count readings;     // that it was shown
    Count nanoseconds;  // with the wait for a turn, if it has one

    void count(std::uint64_t rows, std::int64_t took_ns) noexcept {
        calls.add();
        readings.add(rows);
        nanoseconds.add(static_cast<std::uint64_t>(took_ns));
    }
};

// What one configured validator did, summed over all cores. Any thread; relaxed, so a look at it
// is no instant.
class Counters {
public:
    // Findings with one code.
    struct OfCode {
        std::atomic<std::uint64_t> rejections{0};
        std::atomic<std::uint64_t> warnings{0};
    };

    // For a manifest that lists so many issue codes.
    explicit Counters(std::size_t codes = 0) : by_code_(codes + 1) {}

    void count(const plugin::Report::Issue& issue) noexcept {
        const auto at = std::min<std::size_t>(issue.code_index, by_code_.size() - 1);
        OfCode& of_code = by_code_[at];
        (issue.reject ? of_code.rejections : of_code.warnings)
            .fetch_add(1, std::memory_order_relaxed);
    }

    // In the order of the manifest's `issues`; the last is for codes that it does not list.
    const std::vector<OfCode>& by_code() const noexcept { return by_code_; }

    // Calls that failed, and what Report::misbehaviours() counted.
    std::atomic<std::uint64_t> failures{0};
    std::atomic<std::uint64_t> misbehaviours{0};

private:
    std::vector<OfCode> by_code_;
};

}  // namespace ingest::validate
