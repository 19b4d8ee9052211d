#include "trace/context.h"

#include <algorithm>
#include <span>

#include "base/ascii.h"
#include "base/hex.h"

namespace ingest::trace {
namespace {

constexpr std::size_t size_of_version_00 = sizeof("00-") - 1 + 32 + 1 + 16 + 1 + 2;
constexpr std::uint8_t sampled_flag = 1;

int digit(char c) noexcept {
    return is_upper(c) ? -1 : hex_value(c);
}

bool read(std::string_view hex, std::span<std::uint8_t> to) noexcept {
    for (std::size_t i = 0; i < to.size(); ++i) {
        const int high = digit(hex[2 * i]);
        const int low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        to[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

bool is_zero(std::span<const std::uint8_t> id) noexcept {
    return std::ranges::all_of(id, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<Parent> parse_traceparent(std::string_view text) noexcept {
    if (text.size() < size_of_version_00) return std::nullopt;
    if (text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
    std::array<std::uint8_t, 1> version{};
    std::array<std::uint8_t, 1> flags{};
    Parent parent;
    if (!read(text.substr(0, 2), version) || !read(text.substr(3, 32), parent.context.trace) ||
        !read(text.substr(36, 16), parent.context.span) || !read(text.substr(53, 2), flags)) {
        return std::nullopt;
    }
    if (version[0] == 0xFF || is_zero(parent.context.trace) || is_zero(parent.context.span))
        return std::nullopt;
    const bool more = text.size() > size_of_version_00;
    if (more && (version[0] == 0 || text[size_of_version_00] != '-')) return std::nullopt;
    parent.sampled = (flags[0] & sampled_flag) != 0;
    return parent;
}

std::string to_traceparent(const Context& context) {
    return "00-" + to_hex(context.trace) + "-" + to_hex(context.span) + "-01";
}

}  // namespace ingest::trace
