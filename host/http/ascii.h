#pragma once

#include <string_view>

#include "base/ascii.h"

// Characters as HTTP's grammar sees them.
namespace ingest::http {

// tchar of RFC 9110, 5.6.2: what names of methods and fields are made of.
constexpr bool is_token_char(char c) noexcept {
    return is_digit(c) || is_alpha(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// A visible character: no blank, no control character, ASCII.
constexpr bool is_visible(char c) noexcept { return c > 0x20 && c < 0x7F; }

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// Takes the part up to the next `separator` off the front of `rest`; the separator goes too.
constexpr std::string_view take_until(std::string_view& rest, char separator) noexcept {
    const std::size_t at = rest.find(separator);
    const std::string_view part = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    return part;
}

}  // namespace ingest::http
