// Where a plugin may connect to. Needs POSIX sockets; include it beside sink.hpp.
//
// Link-local addresses (RFC 3927, RFC 4291) are no store's: at 169.254.169.254 and the like clouds
// answer whoever asks from the machine, with its credentials. A configuration that a template made,
// or a name that somebody else answers for, must not lead there.
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/sdk/error.hpp"

namespace ingest::sdk {

inline constexpr std::string_view link_local_refused =
    "link-local addresses (169.254.0.0/16, fe80::/10) are not connected to";

// Also as an IPv6 address that stands for an IPv4 one: mapped, compatible, by NAT64 or 6to4.
inline bool is_link_local(const sockaddr& address) noexcept {
    const auto is_169_254 = [](const unsigned char* bytes) {
        return bytes[0] == 169 && bytes[1] == 254;
    };
    if (address.sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &address, sizeof v4);
        unsigned char bytes[4];
        std::memcpy(bytes, &v4.sin_addr, sizeof bytes);
        return is_169_254(bytes);
    }
    if (address.sa_family != AF_INET6) return false;
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    const unsigned char* bytes = v6.sin6_addr.s6_addr;
    if (bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80) return true;
    if (bytes[0] == 0x20 && bytes[1] == 0x02) return is_169_254(bytes + 2);
    constexpr unsigned char prefixes[3][12] = {
        {},
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF},
        {0, 0x64, 0xFF, 0x9B},
    };
    for (const auto& prefix : prefixes) {
        if (std::memcmp(bytes, prefix, sizeof prefix) == 0) return is_169_254(bytes + 12);
    }
    return false;
}

// What became of a host's name.
struct Destination {
    std::vector<std::string> addresses;  // numeric, to be tried in this order
    bool refused = false;                // it has link-local ones, which are left out
    std::string failure;                 // why there is none; empty when there is one
};

// Asks the resolver once, so that what is looked at is what is connected to: give the client
// library an address, not the name. Blocks as long as the resolver does. `host` may be an address
// in any spelling that the system knows: dotted, decimal, hexadecimal, with a zone.
inline Destination resolve(const std::string& host, int flags = 0) {
    Destination found;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* list = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); code != 0) {
        found.failure = "the name " + host + " cannot be resolved: " + ::gai_strerror(code);
        return found;
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
        if (is_link_local(*one->ai_addr)) {
            found.refused = true;
            continue;
        }
        char text[NI_MAXHOST];
        if (::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0,
                          NI_NUMERICHOST) == 0) {
            found.addresses.emplace_back(text);
        }
    }
    if (found.addresses.empty()) {
        found.failure = found.refused ? host + ": " + std::string(link_local_refused)
                                      : "the name " + host + " has no address";
    }
    return found;
}

// For options: whether a host is an address, not a name, that resolve() would refuse. Asks nobody.
inline bool is_link_local(const std::string& host) {
    return resolve(host, AI_NUMERICHOST).refused;
}

}  // namespace ingest::sdk
