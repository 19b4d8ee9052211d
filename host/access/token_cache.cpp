#include "access/token_cache.h"

namespace ingest::access {

std::optional<Claims> TokenCache::find(const Digest& token, std::int64_t now_us) {
    Row& row = row_of(token);
    const MutexLock lock(row.mutex);
    const Place& place = row.of[place_of(token)];
    if (now_us >= place.claims.until_us || !same(place.token, token)) return std::nullopt;
    return place.claims;
}

void TokenCache::put(const Digest& token, const Claims& claims) {
    Row& row = row_of(token);
    const MutexLock lock(row.mutex);
    row.of[place_of(token)] = {token, claims};
}

}  // namespace ingest::access
