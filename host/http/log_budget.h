#pragma once

#include <cstdint>
#include <optional>

#include "base/mutex.h"

namespace ingest::http {

// At most so many lines a second. Any thread.
class LogBudget {
public:
    explicit LogBudget(std::uint32_t per_second) noexcept : per_second_(per_second) {}

    // Whether a line may be written now, and how many were not since the last one.
    std::optional<std::uint64_t> take(std::int64_t now_ms) {
        MutexLock lock(mutex_);
        const std::int64_t second = now_ms / 1000;
        if (second != second_) {
            second_ = second;
            written_ = 0;
        }
        if (written_ == per_second_) {
            ++suppressed_;
            return std::nullopt;
        }
        ++written_;
        const std::uint64_t suppressed = suppressed_;
        suppressed_ = 0;
        return suppressed;
    }

private:
    const std::uint32_t per_second_;
    Mutex mutex_;
    std::int64_t second_ INGEST_GUARDED_BY(mutex_) = 0;
    std::uint32_t written_ INGEST_GUARDED_BY(mutex_) = 0;
    std::uint64_t suppressed_ INGEST_GUARDED_BY(mutex_) = 0;
};

}  // namespace ingest::http
