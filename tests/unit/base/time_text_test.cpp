#include "base/time_text.h"

#include <ctime>
#include <random>

#include <gtest/gtest.h>

namespace ingest {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t year_1 = -62'135'596'800 * second;
constexpr std::int64_t end_of_9999 = 253'402'300'800 * second;

TEST(TimeTextTest, TheBoundsOfTheYears) {
    EXPECT_EQ(to_rfc3339(year_1), "0001-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(year_1 + 1), "0001-01-01T00:00:00.000001Z");
    EXPECT_EQ(to_rfc3339(end_of_9999 - 1), "9999-12-31T23:59:59.999999Z");
}

TEST(TimeTextTest, AroundTheEpoch) {
    EXPECT_EQ(to_rfc3339(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(1), "1970-01-01T00:00:00.000001Z");
    EXPECT_EQ(to_rfc3339(-1), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_rfc3339(-second), "1969-12-31T23:59:59Z");
    EXPECT_EQ(to_rfc3339(-1'500'000), "1969-12-31T23:59:58.500000Z");
}

TEST(TimeTextTest, LeapDays) {
    EXPECT_EQ(to_rfc3339(951'782'400 * second), "2000-02-29T00:00:00Z");
    EXPECT_EQ(to_rfc3339(4'107'542'400 * second), "2100-03-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339((4'107'542'400 - 86'400) * second), "2100-02-28T00:00:00Z");
}

TEST(TimeTextTest, AgreesWithTheCLibrary) {
    std::mt19937_64 random(4);
    std::uniform_int_distribution<std::int64_t> seconds(year_1 / second, end_of_9999 / second - 1);
    for (int round = 0; round < 20'000; ++round) {
        const std::time_t when = seconds(random);
        std::tm parts{};
        gmtime_r(&when, &parts);
        char expected[64];
        std::snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ",
                      parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                      parts.tm_min, parts.tm_sec);
        ASSERT_EQ(to_rfc3339(when * second), expected);
    }
}

TEST(TimeTextTest, AppendsBehindWhatIsThere) {
    std::string text = "at ";
    append_rfc3339(text, 0);
    EXPECT_EQ(text, "at 1970-01-01T00:00:00Z");
}

TEST(TimeTextTest, ClocksGoForward) {
    const std::int64_t before = monotonic_ns();
    EXPECT_GE(monotonic_ns(), before);
    EXPECT_GT(now_us(), 1'700'000'000 * second);
}

}  // namespace
}  // namespace ingest
