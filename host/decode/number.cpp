#include "decode/number.h"

#include <array>
#include <cfloat>
#include <charconv>
#include <system_error>

#include "base/ascii.h"

namespace ingest::decode {
namespace {

static_assert(FLT_EVAL_METHOD == 0, "the short way below needs plain double arithmetic");

// Powers of ten that a double holds exactly.
constexpr std::array<double, 23> exact_powers{
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::int64_t exact_power_max = 22;
constexpr std::uint64_t exact_integer_max = std::uint64_t{1} << 53;

// Exponents are counted up to here: beyond, any text that fits into memory is 0 or out of range.
constexpr std::int64_t exponent_max = std::int64_t{1} << 40;

// The parts of the text: digits x 10^exponent.
struct Parts {
    bool negative = false;
    std::uint64_t digits = 0;           // wraps around beyond 19 significant digits
    std::int64_t significant = 0;       // how many digits behind the leading zeros
    std::int64_t exponent = 0;

    void add(char c) noexcept {
        digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
        if (significant > 0 || c != '0') ++significant;
    }
};

void convert(const Parts& parts, Number& number) noexcept {
    // The short way (Clinger): both operands are exact, so the one operation rounds correctly.
    if (parts.significant <= 19 && parts.digits <= exact_integer_max &&
        parts.exponent >= -exact_power_max && parts.exponent <= exact_power_max) {
        const auto digits = static_cast<double>(parts.digits);
        const double value =
            parts.exponent < 0 ? digits / exact_powers[static_cast<std::size_t>(-parts.exponent)]
                               : digits * exact_powers[static_cast<std::size_t>(parts.exponent)];
        number.value = parts.negative ? -value : value;
        return;
    }
    const char* begin = number.text.data();
    const auto read = std::from_chars(begin, begin + number.text.size(), number.value);
    if (read.ec == std::errc{}) return;
    // from_chars says "out of range" of the too big and the too small alike, never of zero.
    number.in_range = parts.significant + parts.exponent <= 0;
    number.value = parts.negative ? -0.0 : 0.0;
}

}  // namespace

std::optional<Number> read_number(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    Number number;
    Parts parts;
    if (at != end && *at == '-') {
        parts.negative = true;
        ++at;
    }
    if (at == end || !is_digit(*at)) return std::nullopt;
    if (*at == '0') {
        ++at;  // a leading zero stands alone
    } else {
        while (at != end && is_digit(*at)) parts.add(*at++);
    }
    if (at != end && *at == '.') {
        number.integral = false;
        const char* const first = ++at;
        while (at != end && is_digit(*at)) parts.add(*at++);
        if (at == first) return std::nullopt;
        parts.exponent = first - at;
    }
    if (at != end && (*at == 'e' || *at == 'E')) {
        number.integral = false;
        ++at;
        const bool minus = at != end && *at == '-';
        if (at != end && (*at == '-' || *at == '+')) ++at;
        if (at == end || !is_digit(*at)) return std::nullopt;
        std::int64_t exponent = 0;
        for (; at != end && is_digit(*at); ++at) {
            if (exponent < exponent_max) exponent = exponent * 10 + (*at - '0');
        }
        parts.exponent += minus ? -exponent : exponent;
    }
    number.text = {text.data(), static_cast<std::size_t>(at - text.data())};
    convert(parts, number);
    return number;
}

std::optional<std::int64_t> to_int64(const Number& number) noexcept {
    if (!number.integral) return std::nullopt;
    std::int64_t value = 0;
    const char* const begin = number.text.data();
    const auto read = std::from_chars(begin, begin + number.text.size(), value);
    if (read.ec != std::errc{}) return std::nullopt;
    return value;
}

}  // namespace ingest::decode
