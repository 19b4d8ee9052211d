#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "http/address.h"
#include "http/server.h"

namespace ingest::http {

// How somebody stands with the limits, after what was just counted.
struct Standing {
    struct Quota {
        std::uint32_t per_minute = 0;  // 0: there is no such limit
        std::uint32_t left = 0;
        std::uint32_t full_after_s = 0;
    };
    std::uint32_t retry_after_s = 0;  // 0: the request may pass
    bool short_of_readings = false;   // that is what it waits for
    Quota requests;
    Quota readings;
};

// RateLimit-Policy and RateLimit, whole lines; nothing when there is no limit.
void append_limit_fields(std::string& out, const Standing& standing);

// Two token buckets per client, one of requests and one of readings, in a table that never grows: a
// client has one of the four places of its row, the one that is nearest to being full makes room
// for a newcomer. An idle client's buckets are full, so nobody notices that it was forgotten; only
// more active clients than places let one have more than its rate. A client is an address, or what
// stands for a key (the digest of its name, which no address equals but by a freak of chance). Any
// thread; one lock, held for some nanoseconds.
class RateLimiter {
public:
    // What a request is counted against. How many readings it brings is known after it has passed:
    // then they are taken, into debt if need be, and the next one waits until that is paid. So over
    // time nobody has more than the rate, and no batch is too large to pass ever.
    enum class Counts { request, request_with_readings };

    // `rows` is a power of two; the default makes 65,536 places of 48 bytes.
    RateLimiter(const RateLimit& options, std::uint64_t seed, std::size_t rows = 16 * 1024);

    Standing take(const Address& client, Counts counts, std::int64_t now_ms);
    Standing take_readings(const Address& client, std::uint32_t readings, std::int64_t now_ms);

private:
    // Tokens are counted in thousandths of a minute's share: one request or reading is `cost`.
    static constexpr std::int64_t cost = 60'000;
    struct Bucket {
        Address client;
        std::int64_t requests = 0;
        std::int64_t readings = 0;  // below 0: debt
        std::int64_t updated_ms = 0;
        bool used = false;
    };
    using Row = std::array<Bucket, 4>;

    void refill(Bucket& bucket, std::int64_t now_ms) const noexcept;
    std::int64_t full_after_ms(const Bucket& bucket) const noexcept;
    Standing standing_of(const Bucket& bucket) const noexcept;
    Bucket& find(const Address& client, std::int64_t now_ms) INGEST_REQUIRES(mutex_);

    const bool enabled_;
    const std::int64_t requests_per_minute_;
    const std::int64_t readings_per_minute_;  // 0: no limit
    const AddressHash hash_;
    Mutex mutex_;
    std::vector<Row> rows_ INGEST_GUARDED_BY(mutex_);
};

}  // namespace ingest::http
