#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ingest::http {

// Who a client is, for bounds per address: an IPv4 address (mapped into IPv6) or an IPv6 network
// of 64 bits, because one machine owns a whole such network.
struct Address {
    std::array<std::uint8_t, 16> bytes{};
    friend bool operator==(const Address&, const Address&) = default;

    static Address of(const std::array<std::uint8_t, 16>& ipv6) noexcept {
        constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
        Address address{ipv6};
        bool is_ipv4 = true;
        for (std::size_t i = 0; i < mapped.size(); ++i) is_ipv4 &= ipv6[i] == mapped[i];
        if (!is_ipv4 && !address.is_loopback()) {
            for (std::size_t i = 8; i < 16; ++i) address.bytes[i] = 0;
        }
        return address;
    }

    // 127.0.0.0/8 and ::1.
    bool is_loopback() const noexcept {
        constexpr std::array<std::uint8_t, 16> one = {0, 0, 0, 0, 0, 0, 0, 0,
                                                      0, 0, 0, 0, 0, 0, 0, 1};
        constexpr std::array<std::uint8_t, 13> ipv4 = {0, 0, 0, 0, 0,    0,    0,
                                                       0, 0, 0, 0xFF, 0xFF, 127};
        return bytes == one || std::equal(ipv4.begin(), ipv4.end(), bytes.begin());
    }
};

// Mixed with a seed that clients do not know, so that they cannot choose to collide.
struct AddressHash {
    std::uint64_t seed = 0;
    std::size_t operator()(const Address& address) const noexcept {
        std::uint64_t hash = seed;
        for (std::size_t half = 0; half < 16; half += 8) {
            for (std::size_t i = half; i < half + 8; ++i) {
                hash = std::rotl(hash, 8) ^ address.bytes[i];
            }
            hash ^= hash >> 32;
            hash *= 0x9E3779B97F4A7C15;
            hash ^= hash >> 29;
            hash *= 0xBF58476D1CE4E5B9;
        }
        return static_cast<std::size_t>(hash ^ hash >> 32);
    }
};

}  // namespace ingest::http
