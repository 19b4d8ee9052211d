#include "http/terms.h"

#include <utility>

namespace ingest::http {
namespace {

// A strong validator: FNV-1a of the bytes.
std::string entity_tag(std::string_view bytes) {
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    std::string tag = "\"";
    for (int shift = 60; shift >= 0; shift -= 4) tag += "0123456789abcdef"[hash >> shift & 15];
    tag += '"';
    return tag;
}

std::vector<std::string> entity_tags_of(const std::vector<Asset>& assets) {
    std::vector<std::string> tags;
    for (const Asset& asset : assets) tags.push_back(entity_tag(asset.bytes));
    return tags;
}

}  // namespace

Terms::Terms(const Options& options, std::vector<Asset> all_assets, SharedLimiter its_limiter)
    : limits(options.limits),
      cors(options.cors),
      assets(std::move(all_assets)),
      entity_tags(entity_tags_of(assets)),
      router({.uppercase_ids = options.uppercase_ids}, assets),
      limiter(std::move(its_limiter)),
      gate(options.gate),
      trusted_proxies(options.trusted_proxies),
      id_case(options.uppercase_ids ? access::IdCase::upper : access::IdCase::as_sent) {}

}  // namespace ingest::http
