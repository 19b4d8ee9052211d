#include "decode/number.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace ingest::decode {
namespace {

// The same double, bit for bit, as strtod; refused where strtod overflows.
void expect_like_strtod(const std::string& text) {
    const auto number = read_number(text);
    ASSERT_TRUE(number) << text;
    ASSERT_EQ(number->text, text);
    const double expected = std::strtod(text.c_str(), nullptr);
    ASSERT_EQ(number->in_range, std::isfinite(expected)) << text;
    if (!number->in_range) return;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(number->value), std::bit_cast<std::uint64_t>(expected))
        << text << " gave " << number->value;
}

TEST(Number, IsTheNearestDouble) {
    for (const char* text :
         {"0", "-0", "0.0", "-0.0", "0e5", "-0e-5", "0E999999999999999999999", "1", "-1", "20.5",
          "0.1", "0.2", "0.3", "123456789012345678", "9007199254740992", "9007199254740993",
          "9007199254740991", "9007199254740993.0", "9007199254740993e0", "18446744073709551615",
          "18446744073709551616", "18446744073709551617", "36893488147419103232",
          "99999999999999999999999999", "1e22", "1e23", "1e-22", "1e-23", "9007199254740991e22",
          "9007199254740993e-22", "1.7976931348623157e308", "1.7976931348623158e308",
          "1.7976931348623159e308", "179769313486231580793728971405303415079934132710037e258",
          "1e308", "1e309", "-1e309", "1e400", "-1e400", "1e99999999999999999999999",
          "1e-99999999999999999999999", "-1e-400", "1e-400", "2.2250738585072014e-308",
          "2.2250738585072011e-308", "2.2250738585072012e-308", "4.9406564584124654e-324",
          "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "2e-324", "3e-324",
          "7.2057594037927933e16", "1.00000000000000011102230246251565404236316680908203125",
          "1.00000000000000011102230246251565404236316680908203124",
          "1.00000000000000011102230246251565404236316680908203126",
          "0.000000000000000000000000000000000000000000000000000000001e57",
          "100000000000000000000000000000000000000000000e-44", "8.5e+2", "8.5E-2", "3.14159e+00"}) {
        expect_like_strtod(text);
    }
}

TEST(Number, CopesWithVeryLongTexts) {
    const std::string zeros(100'000, '0');
    const std::string nines(100'000, '9');
    for (const std::string& text :
         {"0." + zeros + "1", "1" + zeros, "1" + zeros + "e-100000", "0." + zeros + "1e100001",
          "0." + nines, nines, nines + "e-99999", "0." + zeros, "0." + zeros + "e400",
          "1e" + zeros + "5", "1e-" + zeros + "5"}) {
        expect_like_strtod(text);
    }
}

std::string random_number(std::mt19937_64& random) {
    const auto below = [&random](std::uint64_t n) { return random() % n; };
    char buffer[64];
    switch (below(5)) {
        case 0:  // any finite double, exactly
        case 1: {
            double value = std::bit_cast<double>(random());
            while (!std::isfinite(value)) value = std::bit_cast<double>(random());
            std::snprintf(buffer, sizeof buffer, "%.*e", static_cast<int>(below(20)), value);
            return buffer;
        }
        case 2:  // what a sensor sends
            std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(below(6)),
                          static_cast<double>(below(2'000'000)) / 1000 - 1000);
            return buffer;
        case 3: {  // beside the middle of two doubles
            const double value = std::ldexp(static_cast<double>(random() >> 11 | 1ULL << 52),
                                            static_cast<int>(below(100)) - 50);
            const double next = std::nextafter(value, INFINITY);
            std::snprintf(buffer, sizeof buffer, "%.25e", value + (next - value) / 2);
            return buffer;
        }
        default: {  // digits, a point somewhere, an exponent
            std::string text = below(2) == 0 ? "-" : "";
            text += static_cast<char>('1' + below(9));
            for (auto i = below(25); i > 0; --i) text += static_cast<char>('0' + below(10));
            if (below(2) == 0) {
                text += '.';
                for (auto i = below(25) + 1; i > 0; --i) text += static_cast<char>('0' + below(10));
            }
            if (below(2) == 0) text += "e" + std::to_string(static_cast<int>(below(660)) - 340);
            return text;
        }
    }
}

TEST(Number, AgreesWithStrtodOnAMillionRandomTexts) {
    std::mt19937_64 random(20261123);
    for (int i = 0; i < 1'000'000 && !HasFatalFailure(); ++i) {
        expect_like_strtod(random_number(random));
    }
}

TEST(Number, StopsBehindTheNumber) {
    EXPECT_EQ(read_number("12,3")->text, "12");
    EXPECT_EQ(read_number("01")->text, "0");
    EXPECT_EQ(read_number("1.5.2")->text, "1.5");
    EXPECT_EQ(read_number("-0x10")->text, "-0");
    EXPECT_EQ(read_number("1e5e5")->text, "1e5");
}

TEST(Number, RefusesWhatJsonHasNot) {
    for (const char* text : {"", "-", "+1", ".5", "1.", "-.5", "1.e5", "1e", "1e+", "1E-", "NaN",
                             "Infinity", "-Infinity", "inf", "--1", "e5", "x"}) {
        EXPECT_FALSE(read_number(text)) << text;
    }
}

TEST(Number, KnowsIntegers) {
    EXPECT_EQ(to_int64(*read_number("9223372036854775807")), INT64_MAX);
    EXPECT_EQ(to_int64(*read_number("-9223372036854775808")), INT64_MIN);
    EXPECT_EQ(to_int64(*read_number("-0")), 0);
    for (const char* text : {"9223372036854775808", "-9223372036854775809", "1.0", "1e3", "1.5",
                             "99999999999999999999999999"}) {
        EXPECT_EQ(to_int64(*read_number(text)), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace ingest::decode
