#include "http/rate_limiter.h"

#include <algorithm>

namespace ingest::http {
namespace {

// A debt is paid for as long as it takes; beyond that the arithmetic would overflow.
constexpr std::int64_t passed_ms_max = 100'000'000'000;  // three years

std::uint32_t seconds_up(std::int64_t ms) noexcept {
    return static_cast<std::uint32_t>((ms + 999) / 1000);
}

// Until `missing` tokens have come.
std::int64_t wait_ms(std::int64_t missing, std::int64_t per_minute) noexcept {
    return missing <= 0 ? 0 : (missing + per_minute - 1) / per_minute;
}

void append_list(std::string& out, const Standing& standing,
                 void (*append)(std::string&, const Standing::Quota&)) {
    bool first = true;
    for (const bool readings : {false, true}) {
        const Standing::Quota& quota = readings ? standing.readings : standing.requests;
        if (quota.per_minute == 0) continue;
        out += first ? "" : ", ";
        out += readings ? "\"readings\"" : "\"requests\"";
        append(out, quota);
        first = false;
    }
    out += "\r\n";
}

}  // namespace

void append_limit_fields(std::string& out, const Standing& standing) {
    if (standing.requests.per_minute == 0) return;
    out += "RateLimit-Policy: ";
    append_list(out, standing, [](std::string& to, const Standing::Quota& quota) {
        to += ";q=" + std::to_string(quota.per_minute) + ";w=60";
    });
    out += "RateLimit: ";
    append_list(out, standing, [](std::string& to, const Standing::Quota& quota) {
        to += ";r=" + std::to_string(quota.left) + ";t=" + std::to_string(quota.full_after_s);
    });
}

RateLimiter::RateLimiter(const RateLimit& options, std::uint64_t seed, std::size_t rows)
    : enabled_(options.enabled),
      requests_per_minute_(std::max<std::int64_t>(1, options.per_minute)),
      readings_per_minute_(options.readings_per_minute),
      hash_{seed},
      rows_(options.enabled ? rows : 0) {}

// `per_minute` tokens of `cost` a minute are per_minute units a millisecond.
void RateLimiter::refill(Bucket& bucket, std::int64_t now_ms) const noexcept {
    const std::int64_t passed =
        std::clamp<std::int64_t>(now_ms - bucket.updated_ms, 0, passed_ms_max);
    bucket.requests = std::min(requests_per_minute_ * cost,
                               bucket.requests + passed * requests_per_minute_);
    bucket.readings = std::min(readings_per_minute_ * cost,
                               bucket.readings + passed * readings_per_minute_);
    bucket.updated_ms = std::max(bucket.updated_ms, now_ms);
}

std::int64_t RateLimiter::full_after_ms(const Bucket& bucket) const noexcept {
    const std::int64_t requests =
        wait_ms(requests_per_minute_ * cost - bucket.requests, requests_per_minute_);
    if (readings_per_minute_ == 0) return requests;
    return std::max(requests, wait_ms(readings_per_minute_ * cost - bucket.readings,
                                      readings_per_minute_));
}

RateLimiter::Bucket& RateLimiter::find(const Address& client, std::int64_t now_ms) {
    Row& row = rows_[hash_(client) & (rows_.size() - 1)];
    Bucket* fullest = &row[0];
    for (Bucket& bucket : row) {
        if (bucket.used) refill(bucket, now_ms);
        if (bucket.used && bucket.client == client) return bucket;
        if (!fullest->used) continue;
        if (!bucket.used || full_after_ms(bucket) < full_after_ms(*fullest)) fullest = &bucket;
    }
    *fullest = {client, requests_per_minute_ * cost, readings_per_minute_ * cost, now_ms, true};
    return *fullest;
}

Standing RateLimiter::standing_of(const Bucket& bucket) const noexcept {
    const auto quota = [](std::int64_t tokens, std::int64_t per_minute) {
        return Standing::Quota{
            .per_minute = static_cast<std::uint32_t>(per_minute),
            .left = static_cast<std::uint32_t>(std::max<std::int64_t>(0, tokens) / cost),
            .full_after_s = seconds_up(wait_ms(per_minute * cost - tokens, per_minute))};
    };
    Standing standing;
    standing.requests = quota(bucket.requests, requests_per_minute_);
    if (readings_per_minute_ != 0) standing.readings = quota(bucket.readings, readings_per_minute_);
    return standing;
}

Standing RateLimiter::take(const Address& client, Counts counts, std::int64_t now_ms) {
    if (!enabled_) return {};
    MutexLock lock(mutex_);
    Bucket& bucket = find(client, now_ms);
    const std::int64_t for_requests = wait_ms(cost - bucket.requests, requests_per_minute_);
    const bool limits_readings =
        counts == Counts::request_with_readings && readings_per_minute_ != 0;
    const std::int64_t for_readings =
        limits_readings ? wait_ms(cost - bucket.readings, readings_per_minute_) : 0;
    const std::int64_t wait = std::max(for_requests, for_readings);
    if (wait == 0) bucket.requests -= cost;
    Standing standing = standing_of(bucket);
    standing.retry_after_s = seconds_up(wait);
    standing.short_of_readings = for_readings > for_requests;
    return standing;
}

Standing RateLimiter::take_readings(const Address& client, std::uint32_t readings,
                                    std::int64_t now_ms) {
    if (!enabled_) return {};
    MutexLock lock(mutex_);
    Bucket& bucket = find(client, now_ms);
    if (readings_per_minute_ != 0) bucket.readings -= readings * cost;
    return standing_of(bucket);
}

}  // namespace ingest::http
