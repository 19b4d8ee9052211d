#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.h"

// What names in the configuration are made of.
namespace ingest::app::config {

// A lower-case letter, then up to `max` - 1 of a-z, 0-9 and `more`.
inline bool is_identifier(std::string_view text, std::size_t max, std::string_view more) {
    return !text.empty() && text.size() <= max && is_lower(text[0]) &&
           std::all_of(text.begin(), text.end(), [more](char c) {
               return is_lower(c) || is_digit(c) || more.find(c) != std::string_view::npos;
           });
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace ingest::app::config
