#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The grammars of single values. All are whole-text: what does not fit entirely is not a value.
namespace ingest::app::config {

// An optional sign and decimal digits, in the range of the type.
std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;
// True when it reads as an integer, of whatever size.
bool looks_like_integer(std::string_view text) noexcept;
// A decimal number, finite.
std::optional<double> parse_number(std::string_view text) noexcept;
// true, false, yes, no, on, off, 1, 0; in any case, because environments hold all of them.
std::optional<bool> parse_boolean(std::string_view text) noexcept;
// An integer and one of ms, s, m, h.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;
// Bytes, or an integer and one of B, KiB, MiB, GiB, TiB.
std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;

// The shortest text that parses to the same value.
std::string to_text(std::chrono::milliseconds duration);
std::string size_to_text(std::uint64_t bytes);

// The offset of the first byte that does not belong to UTF-8 text (RFC 3629) or is NUL; npos when
// there is none.
std::size_t find_unclean(std::string_view text) noexcept;
inline bool is_clean_text(std::string_view text) noexcept {
    return find_unclean(text) == std::string_view::npos;
}

}  // namespace ingest::app::config
