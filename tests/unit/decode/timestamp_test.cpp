#include "decode/timestamp.h"

#include <cstdio>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/time_text.h"

namespace ingest::decode {
namespace {

constexpr std::int64_t base = 1'700'000'000'000'000;  // 2023-11-14T22:13:20Z

TEST(Timestamp, ReadsEveryFormOfTheSameTime) {
    for (const char* text :
         {"2023-11-14T22:13:20Z", "2023-11-14t22:13:20z", "2023-11-14 22:13:20",
          "2023-11-14T22:13:20", "2023-11-14T22:13:20+00:00", "2023-11-14T22:13:20-00:00",
          "2023-11-14T23:13:20+01:00", "2023-11-14T23:13:20+0100", "2023-11-14T16:43:20-0530",
          "2023-11-14T22:13:20.0Z", "2023-11-14T22:13:20.000000000000000000000Z",
          "2023-11-15T22:12:20+23:59"}) {
        EXPECT_EQ(parse_timestamp(text), base) << text;
    }
}

TEST(Timestamp, KeepsMicrosecondsAndCutsOffTheRest) {
    EXPECT_EQ(parse_timestamp("2023-11-14T22:13:20.123456Z"), base + 123'456);
    EXPECT_EQ(parse_timestamp("2023-11-14T22:13:20.1Z"), base + 100'000);
    EXPECT_EQ(parse_timestamp("2023-11-14T22:13:20.000001"), base + 1);
    EXPECT_EQ(parse_timestamp("2023-11-14T22:13:20.1234569999+01:00"),
              base + 123'456 - 3'600'000'000);
    EXPECT_EQ(parse_timestamp("1969-12-31T23:59:59.9999999Z"), -1);
}

TEST(Timestamp, RefusesWhatIsNoTime) {
    for (const char* text :
         {"", "2023", "2023-11-14", "22:13:20", "1700000000", "2023-11-14T22:13Z",
          "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20,5Z", "2023-11-14T22:13:20 Z",
          "2023-11-14T22:13:20ZZ", "2023-11-14T22:13:20Z ", " 2023-11-14T22:13:20Z",
          "2023-11-14X22:13:20Z", "2023/11/14T22:13:20Z", "2023-1-14T22:13:20Z",
          "2023-11-14T2:13:20Z", "2023-11-14T22:13:20+1:00", "2023-11-14T22:13:20+01",
          "2023-11-14T22:13:20+01:0", "2023-11-14T22:13:20+24:00", "2023-11-14T22:13:20+01:60",
          "2023-11-14T22:13:20+", "2023-11-14T22:13:60Z", "2023-11-14T22:60:20Z",
          "2023-11-14T24:00:00Z", "2023-00-14T22:13:20Z", "2023-13-14T22:13:20Z",
          "2023-11-00T22:13:20Z", "2023-11-31T22:13:20Z", "2023-02-29T22:13:20Z",
          "1900-02-29T00:00:00Z", "-2023-11-14T22:13:20Z", "+2023-11-14T22:13:20Z",
          "12023-11-14T22:13:20Z", "now", "2023-11-14T22:13:2\xc2\xb2Z"}) {
        EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_timestamp(std::string_view("2023-11-14T22:13:20Z\0", 21)), std::nullopt);
}

TEST(Timestamp, KnowsLeapDays) {
    EXPECT_TRUE(parse_timestamp("2024-02-29T00:00:00Z"));
    EXPECT_TRUE(parse_timestamp("2000-02-29T00:00:00Z"));
    EXPECT_FALSE(parse_timestamp("2100-02-29T00:00:00Z"));
}

TEST(Timestamp, StaysWithinTheYearsAlsoAfterTheZone) {
    EXPECT_EQ(parse_timestamp("0001-01-01T00:00:00Z"), timestamp_us_min);
    EXPECT_EQ(parse_timestamp("9999-12-31T23:59:59.9999999Z"), timestamp_us_max);
    EXPECT_EQ(parse_timestamp("0001-01-01T01:00:00+01:00"), timestamp_us_min);
    EXPECT_FALSE(parse_timestamp("0000-12-31T23:59:59Z"));
    EXPECT_FALSE(parse_timestamp("0000-12-31T23:59:59-01:00"));
    EXPECT_FALSE(parse_timestamp("0001-01-01T00:59:59+01:00"));
    EXPECT_FALSE(parse_timestamp("9999-12-31T23:00:00-01:00"));
}

TEST(Timestamp, ReadsBackWhatWeWrite) {
    std::mt19937_64 random(7);
    std::uniform_int_distribution<std::int64_t> times(timestamp_us_min, timestamp_us_max);
    for (int i = 0; i < 100'000; ++i) {
        const std::int64_t us = times(random);
        ASSERT_EQ(parse_timestamp(to_rfc3339(us)), us) << to_rfc3339(us);
    }
}

TEST(EpochTimestamp, TakesSecondsUpToTheBoundAndMillisecondsAboveIt) {
    EXPECT_EQ(epoch_timestamp(1'700'000'000), base);
    EXPECT_EQ(epoch_timestamp(1'700'000'000'000), base);
    EXPECT_EQ(epoch_timestamp(1'700'000'000'123), base + 123'000);
    EXPECT_EQ(epoch_timestamp(2e10), 20'000'000'000'000'000);
    EXPECT_EQ(epoch_timestamp(20'000'000'001), 20'000'000'001'000);
    EXPECT_EQ(epoch_timestamp(0), 0);
    EXPECT_EQ(epoch_timestamp(-0.0), 0);
    EXPECT_EQ(epoch_timestamp(-1), -1'000'000);
}

TEST(EpochTimestamp, RoundsToTheNearestMicrosecond) {
    EXPECT_EQ(epoch_timestamp(1'700'000'000.123456), base + 123'456);
    EXPECT_EQ(epoch_timestamp(1'700'000'000.999999), base + 999'999);
    EXPECT_EQ(epoch_timestamp(1'700'000'000'123.4567), base + 123'457);
    EXPECT_EQ(epoch_timestamp(0.9999999), 1'000'000);
    EXPECT_EQ(epoch_timestamp(0.0000004), 0);
    EXPECT_EQ(epoch_timestamp(-0.0000014), -1);
    EXPECT_EQ(epoch_timestamp(-1.5), -1'500'000);
}

TEST(EpochTimestamp, RefusesWhatIsOutOfTheYears) {
    EXPECT_EQ(epoch_timestamp(-62'135'596'800), timestamp_us_min);
    EXPECT_EQ(epoch_timestamp(-62'135'596'801), std::nullopt);
    EXPECT_EQ(epoch_timestamp(253'402'300'799'999), timestamp_us_max - 999);
    EXPECT_EQ(epoch_timestamp(253'402'300'800'000), std::nullopt);
    EXPECT_EQ(epoch_timestamp(1e300), std::nullopt);
    EXPECT_EQ(epoch_timestamp(-1e300), std::nullopt);
    EXPECT_EQ(epoch_timestamp(std::numeric_limits<double>::quiet_NaN()), std::nullopt);
}

}  // namespace
}  // namespace ingest::decode
