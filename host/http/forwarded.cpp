#include "http/forwarded.h"

#include <algorithm>
#include <optional>

#include "http/ascii.h"

namespace ingest::http {
namespace {

bool is_trusted(const IpAddress& address, std::span<const IpNetwork> trusted) noexcept {
    return std::ranges::any_of(
        trusted, [&](const IpNetwork& network) { return network.contains(address); });
}

// "a.b.c.d", "a.b.c.d:port", an IPv6 address, or "[IPv6]" with or without a port.
std::optional<IpAddress> address_in(std::string_view text) {
    if (text.starts_with('[')) return parse_ip(text.substr(1, text.find(']') - 1));
    const std::size_t colon = text.find(':');
    const bool has_port = colon != text.npos && text.find(':', colon + 1) == text.npos;
    return parse_ip(has_port ? text.substr(0, colon) : text);
}

}  // namespace

Address client_of(const Address& peer, std::span<const FieldView> fields,
                  std::span<const IpNetwork> trusted) {
    Address client = peer;
    if (trusted.empty() || !is_trusted(peer.bytes, trusted)) return client;
    for (std::size_t i = fields.size(); i > 0; --i) {
        const FieldView& field = fields[i - 1];
        if (!equals_ignoring_case(field.name, "x-forwarded-for")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const std::size_t comma = rest.rfind(',');
            const std::string_view last =
                trimmed(comma == rest.npos ? rest : rest.substr(comma + 1));
            rest = rest.substr(0, comma == rest.npos ? 0 : comma);
            const auto address = address_in(last);
            // Nobody behind a proxy is on this machine, whatever he says, or he could see what is
            // for this machine alone.
            if (!address || Address::of(*address).is_loopback()) return client;
            client = Address::of(*address);
            if (!is_trusted(client.bytes, trusted)) return client;
        }
    }
    return client;
}

}  // namespace ingest::http
