#include "ingest/admission.h"

#include <gtest/gtest.h>

namespace ingest::intake {
namespace {

using namespace std::chrono_literals;

TEST(Admission, AcceptsWhileTheSpoolDoes) { EXPECT_FALSE(admit({})); }

TEST(Admission, RefusesWhenFullUntilASegmentIsFree) {
    // 1000 readings of 100 bytes; a segment of 5000 bytes is 50 readings, 10 a second take 5 s.
    const auto refused = admit({spool::State::full, 100'000, 5000, 1000, 10});
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->retry_after_s, 5U);
}

TEST(Admission, BoundsRetryAfter) {
    EXPECT_EQ(admit({spool::State::full, 100'000, 5000, 1000, 1e9})->retry_after_s, 1U);
    EXPECT_EQ(admit({spool::State::full, 100'000, 5000, 1000, 1e-6})->retry_after_s, 60U);
    EXPECT_EQ(admit({spool::State::full, 100'000, 5000, 1000, 0})->retry_after_s, 30U);
    EXPECT_EQ(admit({spool::State::full, 0, 5000, 0, 10})->retry_after_s, 30U);
}

TEST(Admission, RefusesWhenNothingCanBeKept) {
    EXPECT_TRUE(admit({spool::State::failed, 0, 0, 0, 0}));
    EXPECT_TRUE(admit({spool::State::closed, 0, 0, 0, 0}));
}

TEST(Pace, IsMeasuredOverAtLeastASecond) {
    Pace pace;
    const auto start = std::chrono::steady_clock::time_point(1h);
    EXPECT_EQ(pace.per_second(1000, start), 0);
    EXPECT_EQ(pace.per_second(5000, start + 500ms), 0);
    EXPECT_DOUBLE_EQ(pace.per_second(3000, start + 2s), 1000);
    EXPECT_DOUBLE_EQ(pace.per_second(3000, start + 4s), 500) << "it fades when nothing moves";
}

}  // namespace
}  // namespace ingest::intake
