#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "access/digest.h"
#include "access/token.h"
#include "base/mutex.h"

namespace ingest::access {

// What good tokens say, by the SHA-256 of the whole token: who shows the same one again, as clients
// do until it expires, costs a digest and no signature (docs/PERFORMANCE.md). Bounded: of two that
// fall on one place the later one stays. Belongs to a gate, so that nothing that former keys signed
// is in it. Any thread.
class TokenCache {
public:
    static constexpr std::size_t rows = 16;  // each with a lock of its own
    static constexpr std::size_t places = 64;
    // Of all: a token of 4096 bytes that is full of prefixes, and what strings and lists add.
    static constexpr std::size_t bytes_max = rows * places * 8 * 1024;

    // Nothing: it was not seen, was displaced, or has expired.
    std::optional<Claims> find(const Digest& token, std::int64_t now_us);
    void put(const Digest& token, const Claims& claims);

private:
    struct Place {
        Digest token{};
        Claims claims;  // until_us is 0 while nobody has it
    };
    struct Row {
        Mutex mutex;
        std::array<Place, places> of INGEST_GUARDED_BY(mutex);
    };
    static std::size_t place_of(const Digest& token) noexcept { return token[1] % places; }
    Row& row_of(const Digest& token) noexcept { return rows_[token[0] % rows]; }

    std::array<Row, rows> rows_;
};

}  // namespace ingest::access
