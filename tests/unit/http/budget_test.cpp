#include "http/budget.h"

#include <gtest/gtest.h>

#include <chrono>

#include "http/body_pace.h"

namespace ingest::http {
namespace {

using namespace std::chrono_literals;
using Taken = Budget::Taken;

constexpr Address client(std::uint8_t number) {
    Address made;
    made.bytes[15] = number;
    return made;
}

TEST(Budget, IsOfAll) {
    Budget budget({.most = 10});
    EXPECT_TRUE(budget.take(10));
    EXPECT_TRUE(budget.full());
    EXPECT_FALSE(budget.take(1));
    budget.give(4);
    EXPECT_TRUE(budget.take(4));
    EXPECT_EQ(budget.taken(), 10U);
    budget.change_bounds({.most = 20});
    EXPECT_TRUE(budget.take(10));
}

TEST(Budget, AClientHasItsShare) {
    Budget budget({.most = 10, .per_client_most = 4});
    Budget::Held one{0};
    Budget::Held two{0};
    EXPECT_EQ(budget.take(one, 3), Taken::yes);
    EXPECT_EQ(budget.take(one, 2), Taken::no_share_left);
    EXPECT_EQ(budget.take(one, 1), Taken::yes);
    EXPECT_EQ(budget.take(two, 4), Taken::yes);
    budget.give(one, 4);
    EXPECT_EQ(one, 0U);
    EXPECT_EQ(budget.taken(), 4U) << "what was refused is not held";
    budget.change_bounds({.most = 10, .per_client_most = 6});
    EXPECT_EQ(budget.take(two, 2), Taken::yes);
}

TEST(Budget, WhatIsLargerThanAShareGoesAlone) {
    Budget budget({.most = 10, .per_client_most = 4});
    Budget::Held one{0};
    Budget::Held two{0};
    EXPECT_EQ(budget.take(one, 8), Taken::yes);
    EXPECT_EQ(budget.take(one, 1), Taken::no_share_left);
    EXPECT_EQ(budget.take(two, 3), Taken::none_left) << "never more than there is";
    EXPECT_EQ(two, 0U);
    budget.give(one, 8);
    EXPECT_EQ(budget.take(one, 11), Taken::none_left);
    EXPECT_EQ(budget.taken(), 0U);
}

TEST(ClientShares, AreThereWhileTheyAreUsed) {
    ClientShares shares(7);
    {
        ShareLease one(shares);
        ShareLease two(shares);
        EXPECT_EQ(shares.size(), 0U);
        ClientShare& of_one = one.of(client(1));
        EXPECT_EQ(&of_one, &two.of(client(1))) << "a client has one";
        EXPECT_EQ(&of_one, &one.of(client(1)));
        EXPECT_NE(&of_one, &two.of(client(2)));
        EXPECT_EQ(shares.size(), 2U);
        for (std::uint8_t i = 0; i < 200; ++i) two.of(client(i));
        EXPECT_EQ(shares.size(), 2U) << "no more than connections";
    }
    EXPECT_EQ(shares.size(), 0U);
}

class BodyPaceTest : public testing::Test {
protected:
    BodyPaceTest() { pace.begin({.bytes_per_second = 1000, .window = 2s}, begin); }
    bool too_slow(std::size_t received, BodyPace::Clock::duration after) {
        return pace.is_too_slow(received, begin + after);
    }
    const BodyPace::Clock::time_point begin{};
    BodyPace pace;
};

TEST_F(BodyPaceTest, ABodyHasAWindowToBegin) {
    EXPECT_FALSE(too_slow(0, 2s));
    EXPECT_TRUE(too_slow(0, 2001ms));
}

TEST_F(BodyPaceTest, WhatCameLongAgoCountsForNothing) {
    EXPECT_FALSE(too_slow(1'000'000'000, 250ms));
    EXPECT_FALSE(too_slow(1'000'000'000, 2250ms));
    EXPECT_TRUE(too_slow(1'000'000'000, 2251ms));
}

TEST_F(BodyPaceTest, ItsRateIsEnoughForEver) {
    for (std::size_t ms = 250; ms < 100'000; ms += 250)
        EXPECT_FALSE(too_slow(ms, std::chrono::milliseconds(ms))) << ms;
}

TEST_F(BodyPaceTest, ABurstInEachWindowIsEnough) {
    for (std::size_t ms = 250; ms < 100'000; ms += 250)
        EXPECT_FALSE(too_slow(ms / 2000 * 2000, std::chrono::milliseconds(ms))) << ms;
}

TEST_F(BodyPaceTest, LessThanItsRateIsNot) {
    std::size_t ms = 250;
    while (ms < 100'000 && !too_slow(ms * 9 / 10, std::chrono::milliseconds(ms))) ms += 250;
    // A tenth of each second is owed, and two seconds were given.
    EXPECT_NEAR(static_cast<double>(ms), 20'000, 500);
}

TEST_F(BodyPaceTest, WithoutARateNoneIsTooSlow) {
    pace.begin({.bytes_per_second = 0, .window = 2s}, begin);
    EXPECT_FALSE(too_slow(0, 1h));
}

TEST_F(BodyPaceTest, EachBodyBeginsAnew) {
    EXPECT_FALSE(too_slow(500, 1s));
    pace.begin({.bytes_per_second = 1000, .window = 2s}, begin + 100s);
    EXPECT_FALSE(too_slow(0, 102s));
    EXPECT_TRUE(too_slow(0, 102'001ms));
}

}  // namespace
}  // namespace ingest::http
