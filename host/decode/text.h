#pragma once

#include <cstddef>
#include <string_view>

namespace ingest::decode {

// Client input that a message repeats is cut to this.
inline constexpr std::size_t echo_bytes_max = 64;

// The longest prefix of valid UTF-8 with at most `bytes_max` bytes that splits no character.
std::string_view cut(std::string_view text, std::size_t bytes_max = echo_bytes_max) noexcept;

// Offset of the first byte that does not belong to a well-formed sequence; the size if all do.
std::size_t first_invalid_utf8(std::string_view text) noexcept;

struct Unescaped {
    std::size_t size = 0;       // bytes written, never more than were read
    const char* fault = nullptr;  // what is wrong, or nullptr
    std::size_t fault_offset = 0;
};

// Resolves the escapes of a string's raw text (without its quotes) into `to`, which has room for
// as many bytes. Lone surrogates are faults.
Unescaped unescape(std::string_view raw, char* to) noexcept;

}  // namespace ingest::decode
