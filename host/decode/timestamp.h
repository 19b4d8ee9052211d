#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ingest::decode {

// The years 0001 to 9999.
inline constexpr std::int64_t timestamp_us_min = -62'135'596'800'000'000;
inline constexpr std::int64_t timestamp_us_max = 253'402'300'799'999'999;

// Microseconds since 1970-01-01 UTC of an RFC 3339 time (2026-11-23T20:54:54.123Z). Also with `t`,
// `z` or a blank in place of `T`, with a zone without colon, and without zone, which means UTC.
// Digits behind the microseconds are cut off. Nothing for other texts, for dates and times that
// do not exist (leap seconds and 24:00 among them), and for what lies outside the years in UTC.
std::optional<std::int64_t> parse_timestamp(std::string_view text) noexcept;

// The same of a number: seconds since 1970-01-01 UTC, or milliseconds when it is above 2e10.
// Rounds to the nearest microsecond.
std::optional<std::int64_t> epoch_timestamp(double number) noexcept;

}  // namespace ingest::decode
