#include "app/config/access.h"

#include <algorithm>

#include "app/config/cors_origins.h"

namespace ingest::app::config {
namespace {

constexpr std::string_view expected_networks =
    "give a list of addresses or networks such as 10.0.0.0/8 or 2001:db8::/32; of IPv6 at most 64 "
    "bits, or ::1";

void read_file_name(MapReader& map, std::string_view key, NamedFile& file,
                   const std::filesystem::path& base) {
    std::string path;
    const bool fits = map.text(key, path, some_text);
    map.recorded(key).is_path = true;
    if (fits) file = {(base / path).lexically_normal(), map.find(key)->mark};
}

void read_tokens(MapReader& map, Auth& auth, const std::filesystem::path& base) {
    read_file_name(map, "jwks", auth.jwks, base);
    map.text("issuer", auth.issuer, some_text);
    map.text("audience", auth.audience, some_text);
    map.duration("skew", auth.skew, {milliseconds(0), milliseconds(60'000)});
    map.require("jwks", "give the path of a JWKS file");
    map.require("issuer", "give what tokens have as iss");
    map.require("audience", "give what tokens have in aud");
}

// All IPv6 clients of a network of 64 bits count as one, so nothing longer can be told apart.
bool can_be_told(const IpNetwork& network) {
    const bool loopback = network == *IpNetwork::parse("::1");
    return network.is_ipv4() || loopback || network.bits <= 64;
}

}  // namespace

void read_tls(MapReader& map, Tls& tls, const std::filesystem::path& base) {
    using Clients = Tls::ClientCertificates;
    static constexpr Choice<Clients> choices[] = {{"required", Clients::required},
                                                  {"optional", Clients::optional}};
    read_file_name(map, "certificate", tls.certificate, base);
    read_file_name(map, "key", tls.key, base);
    read_file_name(map, "client_ca", tls.client_ca, base);
    for (const std::string_view key : {"certificate", "key"}) {
        map.require(key, "give the path of a PEM file");
    }
    map.choice("client_certificates", tls.client_certificates, choices);
    if (map.has("client_ca") || map.outlines()) return;
    map.recorded("client_certificates").values.clear();
    if (map.has("client_certificates")) {
        map.error("client_certificates", "nobody is named who could have issued them",
                  "add `client_ca: FILE`, or leave this out");
    }
}

void read_auth(MapReader& http, std::optional<Auth>& auth, const std::filesystem::path& base) {
    http.optional_section("auth", auth, [&](MapReader& map, Auth& to) {
        map.boolean("enabled", to.enabled);
        read_file_name(map, "keys", to.keys, base);
        if (map.find("jwt") != nullptr || map.outlines()) {
            map.section("jwt", to,
                        [&](MapReader& jwt, Auth& its) { read_tokens(jwt, its, base); });
        }
        if (to.enabled && !map.has("keys") && !map.has("jwt")) {
            map.error("keys", "neither keys nor jwt is given, so nobody could be let in",
                      "add `keys: FILE` and make one with `ingest-host keys new`, or take auth "
                      "away");
        }
    });
}

void read_trusted_proxies(MapReader& http, std::vector<IpNetwork>& networks) {
    const Node* node = http.find("trusted_proxies");
    std::vector<std::string> written;
    const auto take = [&](std::string text, const Node& where) {
        const auto network = IpNetwork::parse(text);
        written.push_back(std::move(text));
        if (network && can_be_told(*network)) return networks.push_back(*network);
        http.diagnostics().add(where.mark,
                               http.path_of("trusted_proxies") + ": " + describe(where) +
                                   " is no network, or has one that is not",
                               std::string(expected_networks));
    };
    if (node != nullptr && node->is_sequence()) {
        for (const Node& item : node->items) {
            if (!item.broken) take(item.is_scalar() ? item.text : "", item);
        }
    } else if (node != nullptr && node->is_scalar()) {
        for (std::string& part : split_at_commas(node->text)) take(std::move(part), *node);
    } else if (node != nullptr && !node->is_null()) {
        http.error("trusted_proxies", "found " + describe(*node), expected_networks);
    }
    http.record("trusted_proxies", Setting::Kind::texts, node, std::move(written)).takes_commas =
        true;
}

}  // namespace ingest::app::config
