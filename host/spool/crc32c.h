#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// CRC-32C (Castagnoli, RFC 3720 appendix B.4). Stateless; any thread.
namespace ingest::spool {

// Extends the sum of what came before (0 at first) by `bytes`.
std::uint32_t crc32c(std::uint32_t before, std::span<const std::byte> bytes) noexcept;

// What crc32c() chooses from, for the tests.
std::uint32_t crc32c_by_table(std::uint32_t before, std::span<const std::byte> bytes) noexcept;
bool crc32c_has_hardware() noexcept;
// REQUIRES: crc32c_has_hardware()
std::uint32_t crc32c_by_hardware(std::uint32_t before, std::span<const std::byte> bytes) noexcept;

}  // namespace ingest::spool
