#pragma once

#include <cstdint>

// Content codings of HTTP (RFC 9110, 8.4.1).
namespace ingest::coding {

enum class Coding : std::uint8_t { identity, gzip, zstd };

}  // namespace ingest::coding
