#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ingest::sqlite_sink {

// A time as SQLite's own functions write and compare it: "2026-11-23 20:54:54.123456", UTC, always
// 26 characters for the years 0001..9999, so that the order of the texts is the order of the times.
inline constexpr int time_text_size = 26;

struct TimeText {
    char text[time_text_size];
    std::string_view view() const noexcept { return {text, sizeof text}; }
};

TimeText to_time_text(int64_t us_since_epoch) noexcept;

// Also reads what other programs write: `T` for the blank, a shorter or longer fraction or none,
// and a zone ("Z", "+02:00") or none.
std::optional<int64_t> read_time_text(std::string_view text) noexcept;

}  // namespace ingest::sqlite_sink
