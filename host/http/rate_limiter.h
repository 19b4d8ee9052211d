#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/mutex.h"
#include "http/address.h"
#include "http/server.h"

namespace ingest::http {

// A token bucket per client address in a table that never grows: an address has one of the four
// places of its row, the fullest bucket makes room for a newcomer. An idle address's bucket is
// full, so nobody notices that it was forgotten; only more active addresses than places let one
// have more than its rate. Any thread; one lock, held for some nanoseconds.
class RateLimiter {
public:
    // `rows` is a power of two; the default makes 65,536 places of 40 bytes.
    RateLimiter(const RateLimit& options, std::uint64_t seed, std::size_t rows = 16 * 1024);

    // 0: the request may pass. Else the seconds after which the next one may.
    std::uint32_t retry_after(const Address& address, std::int64_t now_ms);

private:
    // Tokens are counted in thousandths of a minute's share: one request costs `cost`.
    static constexpr std::int64_t cost = 60'000;
    struct Bucket {
        Address address;
        std::int64_t tokens = 0;
        std::int64_t updated_ms = 0;
        bool used = false;
    };
    using Row = std::array<Bucket, 4>;

    void refill(Bucket& bucket, std::int64_t now_ms) const noexcept;
    Bucket& find(const Address& address, std::int64_t now_ms) INGEST_REQUIRES(mutex_);

    const bool enabled_;
    const std::int64_t per_minute_;
    const AddressHash hash_;
    Mutex mutex_;
    std::vector<Row> rows_ INGEST_GUARDED_BY(mutex_);
};

}  // namespace ingest::http
