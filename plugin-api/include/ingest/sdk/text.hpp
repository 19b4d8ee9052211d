#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "ingest/sdk/batch.hpp"

namespace ingest::sdk {

namespace detail {

inline void append_digits(std::string& out, int64_t number, size_t width) {
    const std::string digits = std::to_string(number);
    if (digits.size() < width) out.append(width - digits.size(), '0');
    out += digits;
}

// REQUIRES: a year from 1 to 9999, as all times of readings have.
inline void append_time(std::string& out, Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    append_digits(out, int{date.year()}, 4);
    append_digits(out += '-', unsigned{date.month()}, 2);
    append_digits(out += '-', unsigned{date.day()}, 2);
    append_digits(out += 'T', clock.hours().count(), 2);
    append_digits(out += ':', clock.minutes().count(), 2);
    append_digits(out += ':', clock.seconds().count(), 2);
    append_digits(out += '.', clock.subseconds().count(), 6);
    out += 'Z';
}

inline void append_uuid(std::string& out, Uuid uuid) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (size_t i = 0; i < uuid.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        out += digits[uuid[i] >> 4U];
        out += digits[uuid[i] & 15U];
    }
}

inline void append_double(std::string& out, double value) {
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace detail

// A cell as text: nothing for null, true or false, the shortest digits that read back as the same
// number, times as 2026-01-01T00:00:00.000000Z, UUIDs with their dashes, texts as they are.
inline void append_text(std::string& out, const Value& value) {
    if (const auto* real = std::get_if<double>(&value)) detail::append_double(out, *real);
    if (const auto* whole = std::get_if<int64_t>(&value)) out += std::to_string(*whole);
    if (const auto* truth = std::get_if<bool>(&value)) out += *truth ? "true" : "false";
    if (const auto* text = std::get_if<std::string_view>(&value)) out += *text;
    if (const auto* time = std::get_if<Time>(&value)) detail::append_time(out, *time);
    if (const auto* uuid = std::get_if<Uuid>(&value)) detail::append_uuid(out, *uuid);
}

}  // namespace ingest::sdk
