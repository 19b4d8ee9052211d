#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace ingest {

// Two lower-case digits a byte.
std::string to_hex(std::span<const std::uint8_t> bytes);

}  // namespace ingest
