#include "app/config/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/ascii.h"

namespace ingest::app::config {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array<Unit, 4> duration_units{
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 5> size_units{{{"TiB", std::uint64_t{1} << 40U},
                                          {"GiB", std::uint64_t{1} << 30U},
                                          {"MiB", std::uint64_t{1} << 20U},
                                          {"KiB", std::uint64_t{1} << 10U},
                                          {"B", 1}}};

// from_chars knows no leading plus.
std::string_view without_plus(std::string_view text) noexcept {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    return text;
}

template <class T>
std::optional<T> whole(std::string_view text) noexcept {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return value;
}

template <std::size_t N>
std::optional<std::uint64_t> with_unit(std::string_view text,
                                       const std::array<Unit, N>& units) noexcept {
    const auto digits = static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
    const std::optional<std::uint64_t> count = whole<std::uint64_t>(text.substr(0, digits));
    std::string_view name = text.substr(digits);
    if (name.starts_with(' ')) name.remove_prefix(1);
    for (const Unit& unit : units) {
        if (name != unit.name) continue;
        const auto most =
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / unit.factor;
        if (!count || *count > most) return std::nullopt;
        return *count * unit.factor;
    }
    return std::nullopt;
}

template <std::size_t N>
std::string in_units(std::uint64_t value, const std::array<Unit, N>& units) {
    for (const Unit& unit : units) {
        if (value != 0 && value % unit.factor == 0)
            return std::to_string(value / unit.factor) + std::string(unit.name);
    }
    return "0" + std::string(units.back().name);
}

// Length of the UTF-8 sequence at the beginning of `text`, which is not empty; 0: it is none.
std::size_t sequence_length(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto tail = [byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first < 0xE0) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first < 0xF0) {
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) >= 0xA0;
        return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first < 0xF5) {
        const bool overlong = first == 0xF0 && byte(1) < 0x90;
        const bool beyond = first == 0xF4 && byte(1) >= 0x90;
        return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
    return whole<std::int64_t>(without_plus(text));
}

bool looks_like_integer(std::string_view text) noexcept {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::optional<double> parse_number(std::string_view text) noexcept {
    const std::optional<double> value = whole<double>(without_plus(text));
    if (!value || !std::isfinite(*value)) return std::nullopt;
    return value;
}

std::optional<bool> parse_boolean(std::string_view text) noexcept {
    for (const std::string_view word : {"true", "yes", "on", "1"}) {
        if (equals_ignoring_case(text, word)) return true;
    }
    for (const std::string_view word : {"false", "no", "off", "0"}) {
        if (equals_ignoring_case(text, word)) return false;
    }
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
    const std::optional<std::uint64_t> ms = with_unit(text, duration_units);
    if (!ms) return std::nullopt;
    return std::chrono::milliseconds(*ms);
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_digit)) {
        const std::optional<std::int64_t> bytes = whole<std::int64_t>(text);
        if (!bytes) return std::nullopt;
        return static_cast<std::uint64_t>(*bytes);
    }
    return with_unit(text, size_units);
}

std::string to_text(std::chrono::milliseconds duration) {
    return in_units(static_cast<std::uint64_t>(duration.count()), duration_units);
}

std::string size_to_text(std::uint64_t bytes) {
    return in_units(bytes, size_units);
}

std::size_t find_unclean(std::string_view text) noexcept {
    std::size_t i = 0;
    while (i < text.size()) {
        const std::size_t length = text[i] == '\0' ? 0 : sequence_length(text.substr(i));
        if (length == 0) return i;
        i += length;
    }
    return std::string_view::npos;
}

}  // namespace ingest::app::config
