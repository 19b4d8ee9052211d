#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ingest::decode {

// A JSON number, read.
struct Number {
    std::string_view text;    // as sent
    double value = 0;         // the double nearest to the text; meaningless if !in_range
    bool in_range = true;     // false: its magnitude is beyond the largest double
    bool integral = true;     // written without fraction and exponent
};

// Reads the number at the front of `text`; nothing if none stands there. What follows it is the
// caller's business. Rounds to nearest, ties to even, as strtod does; keeps the sign of zero.
std::optional<Number> read_number(std::string_view text) noexcept;

// The value of an integral number; nothing when it is not integral or does not fit.
std::optional<std::int64_t> to_int64(const Number& number) noexcept;

}  // namespace ingest::decode
