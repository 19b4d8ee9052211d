#pragma once

#include <atomic>
#include <cstdint>

namespace ingest {

// A counter that one thread writes and others read: adding costs no locked instruction.
class Count {
public:
    void add(std::uint64_t more = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

}  // namespace ingest
