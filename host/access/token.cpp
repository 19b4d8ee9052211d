#include "access/token.h"

#include <algorithm>
#include <cmath>

#include "access/base64url.h"
#include "access/json_object.h"

namespace ingest::access {
namespace {

using nlohmann::json;

constexpr std::size_t subject_bytes_max = 256;
constexpr double seconds_max = 1e12;
constexpr std::int64_t second_us = 1'000'000;

Verified refused(std::string_view why) { return {std::nullopt, why}; }

struct Parts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view is_signed;  // the first two with the dot between them
};

std::optional<Parts> parts_of(std::string_view token) {
    const std::size_t first = token.find('.');
    if (first == token.npos) return std::nullopt;
    const std::size_t second = token.find('.', first + 1);
    if (second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
    return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                 token.substr(second + 1), token.substr(0, second)};
}

std::optional<json> object_of(std::string_view part) {
    const auto text = from_base64url(part);
    return text ? parse_object(*text) : std::nullopt;
}

// The key that the header names, if it goes with its algorithm. What else the header says, where
// a key could be had (jku, jwk, x5u, x5c) among it, means nothing here.
const SigningKey* key_of(const json& header, const KeySet& keys) {
    const std::string* algorithm = text_member(header, "alg");
    const std::string* id = text_member(header, "kid");
    if (algorithm == nullptr || (header.contains("kid") && (id == nullptr || id->empty()))) {
        return nullptr;
    }
    const SigningKey* key = keys.find(id == nullptr ? "" : *id);
    return key != nullptr && *algorithm == name_of(key->algorithm()) ? key : nullptr;
}

// A NumericDate in microseconds; nothing for what is no number, or none of our time.
std::optional<std::int64_t> time_member(const json& claims, const char* name) {
    const auto found = claims.find(name);
    if (found == claims.end() || !found->is_number()) return std::nullopt;
    const double seconds = found->get<double>();
    if (!std::isfinite(seconds) || std::abs(seconds) > seconds_max) return std::nullopt;
    return static_cast<std::int64_t>(seconds) * second_us;
}

bool is_for(const json& claims, const std::string& audience) {
    const auto found = claims.find("aud");
    if (found == claims.end()) return false;
    if (found->is_string()) return found->get_ref<const std::string&>() == audience;
    return found->is_array() && std::ranges::any_of(*found, [&](const json& one) {
               return one.is_string() && one.get_ref<const std::string&>() == audience;
           });
}

std::string_view why_not_now(const json& claims, std::int64_t skew_us, std::int64_t now_us) {
    const auto expires = time_member(claims, "exp");
    if (!expires) return "the token has no exp that is a time";
    if (now_us >= *expires + skew_us) return "the token has expired";
    for (const char* name : {"nbf", "iat"}) {
        if (!claims.contains(name)) continue;
        const auto begins = time_member(claims, name);
        if (!begins) return "the token has an nbf or iat that is no time";
        if (now_us < *begins - skew_us) return "the token is of a time that has not come yet";
    }
    return {};
}

// False: a claim is not what it should be.
bool take_grant(const json& claims, Grant& grant) {
    if (claims.contains("scope")) {
        const std::string* words = text_member(claims, "scope");
        if (words == nullptr) return false;
        // Words that are not ours are for other services.
        std::string_view rest = *words;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(' '), rest.size());
            if (const auto scope = scope_of(rest.substr(0, end))) grant.scopes.add(*scope);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    const auto prefixes = claims.find("equipment_prefixes");
    if (prefixes == claims.end()) return true;
    // An empty list could be meant as "none" and would count as "all".
    if (!prefixes->is_array() || prefixes->empty() || prefixes->size() > prefixes_max) return false;
    for (const json& prefix : *prefixes) {
        const std::string* text = prefix.get_ptr<const std::string*>();
        if (text == nullptr || !is_prefix(*text)) return false;
        grant.prefixes.push_back(*text);
    }
    return true;
}

bool take_subject(const json& claims, std::string& subject) {
    if (!claims.contains("sub")) return true;
    const std::string* text = text_member(claims, "sub");
    if (text == nullptr || text->size() > subject_bytes_max) return false;
    subject = *text;
    return true;
}

}  // namespace

Verified verify_token(std::string_view token, const KeySet& keys, const TokenRules& rules,
                      std::int64_t now_us) {
    if (token.size() > token_bytes_max) return refused("the token is longer than 4096 bytes");
    const auto parts = parts_of(token);
    const auto header = parts ? object_of(parts->header) : std::nullopt;
    const auto signature = parts ? from_base64url(parts->signature) : std::nullopt;
    if (!header || !signature) return refused("the token is malformed");
    if (header->contains("crit")) return refused("the token needs what is not understood here");
    const SigningKey* key = key_of(*header, keys);
    if (key == nullptr || !key->signed_this(parts->is_signed, *signature)) {
        return refused("the token is not signed by a key that is trusted here");
    }
    const auto claims = object_of(parts->payload);
    if (!claims) return refused("the token is malformed");
    const std::string* issuer = text_member(*claims, "iss");
    if (issuer == nullptr || *issuer != rules.issuer) {
        return refused("the token is of an issuer that is not trusted here");
    }
    if (!is_for(*claims, rules.audience)) return refused("the token is for another audience");
    const std::int64_t skew_us = rules.skew.count() * second_us;
    if (const auto why = why_not_now(*claims, skew_us, now_us); !why.empty()) return refused(why);
    Claims taken;
    taken.key_id = key->id();
    taken.until_us = *time_member(*claims, "exp") + skew_us;  // there is one: see why_not_now()
    if (!take_subject(*claims, taken.subject) || !take_grant(*claims, taken.grant)) {
        return refused("the token has a sub, scope or equipment_prefixes that is malformed");
    }
    return {std::move(taken), {}};
}

}  // namespace ingest::access
