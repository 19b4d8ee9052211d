#include "http/rate_limiter.h"

#include <algorithm>

namespace ingest::http {

RateLimiter::RateLimiter(const RateLimit& options, std::uint64_t seed, std::size_t rows)
    : enabled_(options.enabled),
      per_minute_(std::max<std::int64_t>(1, options.per_minute)),
      hash_{seed},
      rows_(options.enabled ? rows : 0) {}

// `per_minute_` tokens of `cost` a minute are per_minute_ units a millisecond.
void RateLimiter::refill(Bucket& bucket, std::int64_t now_ms) const noexcept {
    const std::int64_t full = per_minute_ * cost;
    const std::int64_t passed = std::clamp<std::int64_t>(now_ms - bucket.updated_ms, 0, cost);
    bucket.tokens = std::min(full, bucket.tokens + passed * per_minute_);
    bucket.updated_ms = std::max(bucket.updated_ms, now_ms);
}

RateLimiter::Bucket& RateLimiter::find(const Address& address, std::int64_t now_ms) {
    Row& row = rows_[hash_(address) & (rows_.size() - 1)];
    Bucket* fullest = &row[0];
    for (Bucket& bucket : row) {
        if (bucket.used && bucket.address == address) {
            refill(bucket, now_ms);
            return bucket;
        }
        if (!bucket.used) {
            if (fullest->used) fullest = &bucket;
        } else {
            refill(bucket, now_ms);
            if (fullest->used && bucket.tokens > fullest->tokens) fullest = &bucket;
        }
    }
    *fullest = {address, per_minute_ * cost, now_ms, true};
    return *fullest;
}

std::uint32_t RateLimiter::retry_after(const Address& address, std::int64_t now_ms) {
    if (!enabled_) return 0;
    MutexLock lock(mutex_);
    Bucket& bucket = find(address, now_ms);
    if (bucket.tokens >= cost) {
        bucket.tokens -= cost;
        return 0;
    }
    const std::int64_t ms = (cost - bucket.tokens + per_minute_ - 1) / per_minute_;
    return static_cast<std::uint32_t>((ms + 999) / 1000);
}

}  // namespace ingest::http
