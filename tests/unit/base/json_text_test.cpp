#include "base/json_text.h"

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ingest {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    append_json_escaped(out, text);
    return out;
}

std::string as_json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string number(double value) {
    std::string out;
    append_json_number(out, value);
    return out;
}

TEST(JsonTextTest, LeavesPlainTextAlone) {
    EXPECT_EQ(as_json(""), R"("")");
    EXPECT_EQ(escaped("plain text, 25 °C, \U0001F600 / ' & <"),
              "plain text, 25 °C, \U0001F600 / ' & <");
}

TEST(JsonTextTest, EscapesWhatBreaksAStringOrALine) {
    EXPECT_EQ(escaped("a\"b\\c"), R"(a\"b\\c)");
    EXPECT_EQ(escaped("\n\r\t\x1b[31m"), R"(\n\u000d\u0009\u001b[31m)");
    EXPECT_EQ(escaped(std::string_view("\0", 1)), R"(\u0000)");
    EXPECT_EQ(escaped("\x7f"), R"(\u007f)");
    EXPECT_EQ(escaped("\u0085\u009f\u00a0"), "\\u0085\\u009f\u00a0");
    EXPECT_EQ(escaped("a\u2027b\u2028c\u2029d\u202a"), "a\u2027b\\u2028c\\u2029d\u202a");
}

TEST(JsonTextTest, ReplacesBytesThatAreNotUtf8) {
    EXPECT_EQ(escaped("a\xFFz"), "a\uFFFDz");
    EXPECT_EQ(escaped("\xC3"), "\uFFFD");                              // cut short
    EXPECT_EQ(escaped("\xE2\x80"), "\uFFFD\uFFFD");                    // cut short
    EXPECT_EQ(escaped("\xE2\x80\""), "\uFFFD\uFFFD\\\"");              // the quote still counts
    EXPECT_EQ(escaped("\xC0\xAF"), "\uFFFD\uFFFD");                    // overlong
    EXPECT_EQ(escaped("\xE0\x80\xAF"), "\uFFFD\uFFFD\uFFFD");          // overlong
    EXPECT_EQ(escaped("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");          // a surrogate
    EXPECT_EQ(escaped("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
    EXPECT_EQ(escaped("\xF4\x8F\xBF\xBF"), "\xF4\x8F\xBF\xBF");
}

TEST(JsonTextTest, EveryCodePointReadsBack) {
    for (std::uint32_t code = 0; code < 0x110000; ++code) {
        if (code >= 0xD800 && code < 0xE000) continue;
        std::string text;
        if (code < 0x80) {
            text = static_cast<char>(code);
        } else {
            const int tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
            const unsigned lead = tail == 1 ? 0xC0U : tail == 2 ? 0xE0U : 0xF0U;
            text += static_cast<char>(lead | code >> (6 * tail));
            for (int i = tail - 1; i >= 0; --i) {
                text += static_cast<char>(0x80U | (code >> (6 * i) & 0x3FU));
            }
        }
        const std::string json = as_json(text);
        // Reading a million documents takes long: astral planes in steps.
        if (code < 0x3000 || code % 97 == 0) {
            ASSERT_EQ(nlohmann::json::parse(json).get<std::string>(), text) << std::hex << code;
        }
    }
}

TEST(JsonTextTest, AnyBytesMakeAValidDocument) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto size = random() % 24; size > 0; --size) {
            // Lead bytes, continuation bytes and quotes more often than chance would have them.
            static constexpr unsigned char likely[] = {0xC2, 0xE2, 0x80, 0xA8, 0xED, 0xF0, '"',
                                                       '\\', 0x7F, '\n', 0xF4, 0x90};
            const auto pick = random();
            text += static_cast<char>(pick % 2 == 0 ? likely[pick / 2 % sizeof likely]
                                                    : pick >> 8 & 0xFF);
        }
        const std::string json = as_json(text);
        ASSERT_TRUE(nlohmann::json::accept(json)) << json;
        for (const char c : json) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
        ASSERT_EQ(json.find("\u2028"), std::string::npos);
    }
}

TEST(JsonTextTest, NumbersAreShort) {
    EXPECT_EQ(number(0.1), "0.1");
    EXPECT_EQ(number(20.0), "20.0");
    EXPECT_EQ(number(-50.0), "-50.0");
    EXPECT_EQ(number(0.0), "0.0");
    EXPECT_EQ(number(-0.0), "-0.0");
    EXPECT_EQ(number(1e300), "1e+300");
    EXPECT_EQ(number(5e-324), "5e-324");
    EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "null");
    EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonTextTest, NumbersReadBackBitForBit) {
    std::mt19937_64 random(2);
    for (int round = 0; round < 200'000; ++round) {
        const auto value = std::bit_cast<double>(random());
        if (!std::isfinite(value)) continue;
        const std::string text = number(value);
        ASSERT_EQ(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)),
                  std::bit_cast<std::uint64_t>(value))
            << text;
        if (round % 100 == 0) {
            ASSERT_TRUE(nlohmann::json::accept(text)) << text;
        }
    }
}

}  // namespace
}  // namespace ingest
