#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/grant.h"
#include "access/key_set.h"

namespace ingest::access {

inline constexpr std::size_t token_bytes_max = 4096;

struct TokenRules {
    std::string issuer;
    std::string audience;
    std::chrono::seconds skew{30};  // between the clocks
};

// What a token says of who shows it. `prefixes` is the claim `equipment_prefixes`.
struct Claims {
    std::string subject;  // empty: it has none
    std::string key_id;   // of the key that signed it; empty: the only one, and it has none
    Grant grant;
    std::int64_t until_us = 0;  // its exp, and the skew
};

// The claims, or why there are none; the reason is of static lifetime and for the client.
struct Verified {
    std::optional<Claims> claims;
    std::string_view refusal;
};

// A signed JSON Web Token (RFC 7519, 7515), by the rules of RFC 8725: the algorithm is the key's,
// the key is one of `keys`, whatever the header points to; exp, iss and aud must be there. Nothing
// of the payload is read before the signature was found good. Pure.
Verified verify_token(std::string_view token, const KeySet& keys, const TokenRules& rules,
                      std::int64_t now_us);

}  // namespace ingest::access
