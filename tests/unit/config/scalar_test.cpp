#include "app/config/scalar.h"

#include <gtest/gtest.h>

namespace ingest::app::config {
namespace {

using std::chrono::milliseconds;

TEST(Scalar, Integers) {
    EXPECT_EQ(parse_integer("0"), 0);
    EXPECT_EQ(parse_integer("-12"), -12);
    EXPECT_EQ(parse_integer("+7"), 7);
    EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
    for (const char* bad : {"", "+", "-", "+-1", "1 ", " 1", "1.0", "0x1", "1e3",
                            "9223372036854775808"}) {
        EXPECT_EQ(parse_integer(bad), std::nullopt) << bad;
    }
    EXPECT_TRUE(looks_like_integer("-99999999999999999999"));
    EXPECT_FALSE(looks_like_integer("-"));
    EXPECT_FALSE(looks_like_integer("1.0"));
}

TEST(Scalar, Numbers) {
    EXPECT_EQ(parse_number("-50"), -50.0);
    EXPECT_EQ(parse_number("+0.1"), 0.1);
    EXPECT_EQ(parse_number("1e-3"), 0.001);
    for (const char* bad : {"", "nan", "inf", "-inf", ".inf", "1e999", "1,5", "1.5x", "+-1"})
        EXPECT_EQ(parse_number(bad), std::nullopt) << bad;
}

TEST(Scalar, Booleans) {
    for (const char* yes : {"true", "True", "YES", "on", "1"}) EXPECT_EQ(parse_boolean(yes), true);
    for (const char* no : {"false", "No", "OFF", "0"}) EXPECT_EQ(parse_boolean(no), false);
    for (const char* bad : {"", "2", "t", "truee"}) EXPECT_EQ(parse_boolean(bad), std::nullopt);
}

TEST(Scalar, Durations) {
    EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
    EXPECT_EQ(parse_duration("5s"), milliseconds(5'000));
    EXPECT_EQ(parse_duration("2 m"), milliseconds(120'000));
    EXPECT_EQ(parse_duration("24h"), milliseconds(86'400'000));
    EXPECT_EQ(parse_duration("0s"), milliseconds(0));
    for (const char* bad : {"", "5", "s", "-5s", "1.5s", "5S", "5 s ", "9223372036854775807h"})
        EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
}

TEST(Scalar, Sizes) {
    EXPECT_EQ(parse_size("0"), 0U);
    EXPECT_EQ(parse_size("1024"), 1024U);
    EXPECT_EQ(parse_size("1B"), 1U);
    EXPECT_EQ(parse_size("64MiB"), 64U << 20U);
    EXPECT_EQ(parse_size("10 GiB"), 10ULL << 30U);
    for (const char* bad : {"", "64MB", "64M", "KiB", "-1", "1.5GiB", "9223372036854775808",
                            "8388608TiB"}) {
        EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
    }
}

TEST(Scalar, DurationsAndSizesAsText) {
    EXPECT_EQ(to_text(milliseconds(0)), "0ms");
    EXPECT_EQ(to_text(milliseconds(1'500)), "1500ms");
    EXPECT_EQ(to_text(milliseconds(90'000)), "90s");
    EXPECT_EQ(to_text(milliseconds(3'600'000)), "1h");
    EXPECT_EQ(size_to_text(0), "0B");
    EXPECT_EQ(size_to_text(1025), "1025B");
    EXPECT_EQ(size_to_text(1U << 20U), "1MiB");
}

TEST(Scalar, CleanText) {
    for (const char* good : {"", "plain", "\xC2\xB0", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                             "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_TRUE(is_clean_text(good)) << good;
    }
    EXPECT_EQ(find_unclean(std::string_view("a\0b", 3)), 1U);
    EXPECT_EQ(find_unclean("ab\xFF"), 2U);
    // A lone tail, a cut sequence, overlong forms, a surrogate, beyond U+10FFFF.
    for (const char* bad : {"\x80", "\xC2", "\xC0\x80", "\xE0\x9F\xBF", "\xE2\x82",
                            "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5"}) {
        EXPECT_EQ(find_unclean(bad), 0U);
    }
}

}  // namespace
}  // namespace ingest::app::config
