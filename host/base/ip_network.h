#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingest {

// An IPv6 address, or an IPv4 one mapped into it (::ffff:a.b.c.d).
using IpAddress = std::array<std::uint8_t, 16>;

// As it stands in a header field: no port, no brackets, no zone.
std::optional<IpAddress> parse_ip(std::string_view text);
std::string ip_text(const IpAddress& address);

// What begins with the same `bits`.
struct IpNetwork {
    IpAddress address{};
    unsigned bits = 128;

    bool is_ipv4() const noexcept;
    bool contains(const IpAddress& other) const noexcept;
    friend bool operator==(const IpNetwork&, const IpNetwork&) = default;

    // "10.0.0.0/8", "2001:db8::/32", or an address alone. Nothing when there are bits behind the
    // network's, which would mean something else than its author thought.
    static std::optional<IpNetwork> parse(std::string_view text);
};

}  // namespace ingest
