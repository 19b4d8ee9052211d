#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ingest::access {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view bytes);
// In a time that does not depend on where they differ.
bool same(const Digest& a, const Digest& b) noexcept;
// As to_hex() wrote it, or nothing.
std::optional<Digest> from_hex(std::string_view text) noexcept;

}  // namespace ingest::access
