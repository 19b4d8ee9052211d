#include "uuid_text.h"

#include <cstddef>

namespace ingest::sqlite_sink {

namespace {

// 16 for what is no digit.
unsigned digit_value(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    const auto lower = static_cast<unsigned>(c) | 0x20U;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

}  // namespace

UuidText to_uuid_text(std::span<const uint8_t, 16> uuid) noexcept {
    static constexpr char digits[] = "0123456789abcdef";
    UuidText out;
    char* to = out.text;
    for (size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
        *to++ = digits[uuid[i] >> 4];
        *to++ = digits[uuid[i] & 15U];
    }
    return out;
}

std::optional<std::array<uint8_t, 16>> read_uuid_text(std::string_view text) noexcept {
    std::array<uint8_t, 16> uuid{};
    size_t digits = 0;
    for (const char c : text) {
        if (c == '-') continue;
        const unsigned value = digit_value(c);
        if (value == 16 || digits == 32) return {};
        uuid[digits / 2] = static_cast<uint8_t>(uuid[digits / 2] << 4 | value);
        ++digits;
    }
    if (digits != 32) return {};
    return uuid;
}

}  // namespace ingest::sqlite_sink
