#include "base/ip_network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace ingest {
namespace {

constexpr IpAddress mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::size_t mapped_bytes = 12;

bool is_mapped(const IpAddress& address) noexcept {
    return std::equal(mapped.begin(), mapped.begin() + mapped_bytes, address.begin());
}

bool same_begin(const IpAddress& a, const IpAddress& b, unsigned bits) noexcept {
    const std::size_t whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
        return false;
    }
    const unsigned rest = bits % 8;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
    const std::string terminated(text);
    IpAddress address = mapped;
    // A NUL within would end the text early.
    if (terminated.size() > INET6_ADDRSTRLEN || text.find('\0') != text.npos) return std::nullopt;
    if (::inet_pton(AF_INET, terminated.c_str(), address.data() + mapped_bytes) == 1) {
        return address;
    }
    if (::inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
    return std::nullopt;
}

std::string ip_text(const IpAddress& address) {
    char text[INET6_ADDRSTRLEN]{};
    const bool ipv4 = is_mapped(address);
    ::inet_ntop(ipv4 ? AF_INET : AF_INET6, address.data() + (ipv4 ? mapped_bytes : 0), text,
                sizeof text);
    return text;
}

bool IpNetwork::is_ipv4() const noexcept { return is_mapped(address) && bits >= 96; }

bool IpNetwork::contains(const IpAddress& other) const noexcept {
    // ::/0 is all of IPv6, of which mapped addresses are no part.
    return is_ipv4() == is_mapped(other) && same_begin(address, other, bits);
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = parse_ip(text.substr(0, slash));
    if (!address) return std::nullopt;
    IpNetwork network{*address, 128};
    if (slash == text.npos) return network;
    const std::string_view digits = text.substr(slash + 1);
    const bool dotted = text.substr(0, slash).find(':') == text.npos;
    const unsigned bits_max = dotted ? 32 : 128;
    unsigned bits = 0;
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, bits);
    if (read.ec != std::errc() || read.ptr != end || bits > bits_max) return std::nullopt;
    network.bits = dotted ? 96 + bits : bits;
    for (unsigned bit = network.bits; bit < 128; ++bit) {
        if ((network.address[bit / 8] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
    }
    return network;
}

}  // namespace ingest
