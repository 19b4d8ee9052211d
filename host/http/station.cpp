#include "http/station.h"

#include "http/ascii.h"

namespace ingest::http {
namespace {

// A strong validator: FNV-1a of the bytes. They only change with a new start of the process.
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

Shared::Shared(Options server_options, Services server_services, std::uint64_t seed)
    : options(std::move(server_options)),
      services(std::move(server_services)),
      router({.uppercase_ids = options.uppercase_ids}, services.assets),
      cors(options.cors),
      entity_tags(entity_tags_of(services.assets)),
      limiter(options.rate_limit, seed),
      connections({.connections_max = options.limits.connections_max,
                   .per_address_max = options.limits.connections_per_address_max},
                  seed),
      in_flight(options.limits.in_flight_bytes_max),
      // Each core takes the largest for the one that it is making, then gives the rest back.
      outcomes(options.limits.in_flight_bytes_max +
               options.threads * options.limits.outcome_bytes_max) {}

void CoreCounts::add_to(Counters& sum) const noexcept {
    for (std::size_t i = 0; i < responses.size(); ++i) sum.responses[i] += responses[i].value();
    sum.ingest_requests += ingest_requests.value();
    sum.readings_accepted += readings_accepted.value();
    sum.readings_refused += readings_refused.value();
    sum.readings_warned += readings_warned.value();
    sum.connections_accepted += connections_accepted.value();
    sum.rate_limited += rate_limited.value();
    sum.overloaded += overloaded.value();
    sum.timeouts += timeouts.value();
    sum.handshakes_failed += handshakes_failed.value();
}

bool is_request_id(std::string_view text) noexcept {
    if (text.empty() || text.size() > 64) return false;
    for (const char c : text) {
        if (!is_alpha(c) && !is_digit(c) && c != '.' && c != '_' && c != '-') return false;
    }
    return true;
}

}  // namespace ingest::http
