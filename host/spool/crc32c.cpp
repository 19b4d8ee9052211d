#include "spool/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace ingest::spool {
namespace {

// tables[k][b]: what byte b contributes when k more bytes follow it in a word of eight.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
    constexpr std::uint32_t polynomial = 0x82F63B78U;  // reflected
    Tables tables{};
    for (std::uint32_t b = 0; b < 256; ++b) {
        std::uint32_t sum = b;
        for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1U) != 0 ? polynomial : 0U);
        tables[0][b] = sum;
    }
    for (std::size_t k = 1; k < 8; ++k) {
        for (std::size_t b = 0; b < 256; ++b) {
            const std::uint32_t sum = tables[k - 1][b];
            tables[k][b] = (sum >> 8) ^ tables[0][sum & 0xFFU];
        }
    }
    return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

std::uint32_t crc32c_by_table(std::uint32_t before, std::span<const std::byte> bytes) noexcept {
    std::uint32_t sum = ~before;
    while (bytes.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), 8);
        word ^= sum;
        sum = 0;
        for (std::size_t k = 0; k < 8; ++k) sum ^= tables[7 - k][word >> (8 * k) & 0xFFU];
        bytes = bytes.subspan(8);
    }
    for (const std::byte b : bytes) {
        sum = (sum >> 8) ^ tables[0][(sum ^ static_cast<std::uint32_t>(b)) & 0xFFU];
    }
    return ~sum;
}

#if defined(__x86_64__)

bool crc32c_has_hardware() noexcept { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_hardware(
    std::uint32_t before, std::span<const std::byte> bytes) noexcept {
    std::uint64_t sum = ~before;
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        sum = _mm_crc32_u64(sum, word);
    }
    auto narrow = static_cast<std::uint32_t>(sum);
    for (; left > 0; --left, ++at) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
    return ~narrow;
}

#else

bool crc32c_has_hardware() noexcept { return false; }

std::uint32_t crc32c_by_hardware(std::uint32_t before, std::span<const std::byte> bytes) noexcept {
    return crc32c_by_table(before, bytes);
}

#endif

std::uint32_t crc32c(std::uint32_t before, std::span<const std::byte> bytes) noexcept {
    static const bool hardware = crc32c_has_hardware();
    return hardware ? crc32c_by_hardware(before, bytes) : crc32c_by_table(before, bytes);
}

}  // namespace ingest::spool
