#include "deliver/retry.h"

#include <algorithm>

#include <ingest/plugin/status.h>

namespace ingest::deliver {

Verdict verdict_of(std::int32_t code) noexcept {
    switch (code) {
        case INGEST_OK: return Verdict::done;
        case INGEST_REJECT: return Verdict::halve;
        // RETRY, TIMEOUT and FATAL wait for the world to change. So do CONFIG, UNSUPPORTED and
        // INTERNAL, which no sink should answer here: data is never given up for a plugin's bug.
        default: return Verdict::retry;
    }
}

std::chrono::milliseconds backoff(const RetryOptions& options, std::uint32_t attempt,
                                  double random) noexcept {
    const std::uint32_t doublings = std::min<std::uint32_t>(attempt > 0 ? attempt - 1 : 0, 30);
    const auto least = static_cast<double>(options.delay_min.count());
    const auto most = static_cast<double>(options.delay_max.count());
    const double full = std::min(most, least * static_cast<double>(std::uint64_t{1} << doublings));
    return std::chrono::milliseconds(static_cast<std::int64_t>(full * (0.5 + 0.5 * random)));
}

}  // namespace ingest::deliver
