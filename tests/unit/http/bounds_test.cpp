#include <gtest/gtest.h>

#include "http/body.h"
#include "http/connection_table.h"
#include "http/log_budget.h"
#include "http/rate_limiter.h"

namespace ingest::http {
namespace {

Address address(std::uint32_t number) {
    Address made;
    for (std::size_t i = 0; i < 4; ++i)
        made.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
    return made;
}

TEST(RateLimiter, IsOffUnlessEnabled) {
    RateLimiter limiter({.enabled = false, .per_minute = 1}, 1);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(limiter.retry_after(address(1), 0), 0U);
}

TEST(RateLimiter, FillsAtItsRate) {
    RateLimiter limiter({.enabled = true, .per_minute = 60}, 1);
    for (int i = 0; i < 60; ++i) EXPECT_EQ(limiter.retry_after(address(1), 5000), 0U);
    EXPECT_EQ(limiter.retry_after(address(1), 5000), 1U);
    EXPECT_EQ(limiter.retry_after(address(1), 5999), 1U);
    EXPECT_EQ(limiter.retry_after(address(1), 6000), 0U);
    EXPECT_EQ(limiter.retry_after(address(1), 6000), 1U);
    // Never deeper than a minute's worth, however long nobody came.
    for (int i = 0; i < 60; ++i) EXPECT_EQ(limiter.retry_after(address(1), 90'000'000), 0U);
    EXPECT_NE(limiter.retry_after(address(1), 90'000'000), 0U);
}

TEST(RateLimiter, SaysWhenToComeBack) {
    RateLimiter limiter({.enabled = true, .per_minute = 2}, 1);
    EXPECT_EQ(limiter.retry_after(address(1), 0), 0U);
    EXPECT_EQ(limiter.retry_after(address(1), 0), 0U);
    EXPECT_EQ(limiter.retry_after(address(1), 0), 30U);
    EXPECT_EQ(limiter.retry_after(address(1), 20'000), 10U);
    EXPECT_EQ(limiter.retry_after(address(1), 30'000), 0U);
}

TEST(RateLimiter, AddressesDoNotShare) {
    RateLimiter limiter({.enabled = true, .per_minute = 1}, 1);
    for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(limiter.retry_after(address(i), 0), 0U);
    for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_NE(limiter.retry_after(address(i), 0), 0U);
}

TEST(RateLimiter, AFullRowForgetsTheFullestBucket) {
    RateLimiter limiter({.enabled = true, .per_minute = 10}, 1, 1);  // four places
    for (std::uint32_t i = 0; i < 4; ++i) {
        for (std::uint32_t used = 0; used <= i; ++used)
            EXPECT_EQ(limiter.retry_after(address(i), 0), 0U);
    }
    EXPECT_EQ(limiter.retry_after(address(9), 0), 0U);  // takes the place of address 0
    for (int i = 0; i < 6; ++i) EXPECT_EQ(limiter.retry_after(address(3), 0), 0U);
    EXPECT_NE(limiter.retry_after(address(3), 0), 0U);  // was not forgotten
}

TEST(Address, NetworksOfIpv6AndSingleIpv4) {
    std::array<std::uint8_t, 16> bytes{0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9};
    const Address a = Address::of(bytes);
    bytes[15] = 1;
    EXPECT_EQ(a, Address::of(bytes));
    bytes[7] = 2;
    EXPECT_NE(a, Address::of(bytes));
    std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1};
    const Address b = Address::of(mapped);
    mapped[15] = 2;
    EXPECT_NE(b, Address::of(mapped));
}

TEST(ConnectionTable, Bounds) {
    ConnectionTable table({.connections_max = 3, .per_address_max = 2}, 7);
    EXPECT_TRUE(table.enter(address(1)));
    EXPECT_TRUE(table.enter(address(1)));
    EXPECT_FALSE(table.enter(address(1)));
    EXPECT_TRUE(table.enter(address(2)));
    EXPECT_FALSE(table.enter(address(3)));
    table.leave(address(1));
    EXPECT_TRUE(table.enter(address(3)));
    EXPECT_EQ(table.open(), 3U);
    EXPECT_FALSE(table.wait_until_empty(std::chrono::steady_clock::now()));
    for (const std::uint32_t one : {1U, 2U, 3U}) table.leave(address(one));
    EXPECT_TRUE(table.wait_until_empty(std::chrono::steady_clock::now()));
}

TEST(InFlight, Bound) {
    InFlight bytes(100);
    EXPECT_TRUE(bytes.take(60));
    EXPECT_FALSE(bytes.take(41));
    EXPECT_TRUE(bytes.take(40));
    bytes.give(100);
    EXPECT_EQ(bytes.bytes(), 0U);
}

TEST(Body, GrowsAndPads) {
    Body body;
    body.reserve(3);
    body.append("abc");
    body.reserve(10'000);
    EXPECT_EQ(body.view(), "abc");
    body.grow(0);
    body.pad();
    EXPECT_EQ(std::string_view(body.view().data() + 3, intake::body_padding),
              std::string(intake::body_padding, '\0'));
}

TEST(BodyPool, KeepsWithinItsBound) {
    BodyPool pool;
    for (int i = 0; i < 10; ++i) {
        Body body;
        body.reserve(1024 * 1024);
        body.append("x");
        pool.give(std::move(body));
    }
    int kept = 0;
    for (;; ++kept) {
        const Body body = pool.take();
        if (body.capacity() == 0) break;
        EXPECT_EQ(body.size(), 0U);
    }
    EXPECT_EQ(kept, 4);
}

TEST(LogBudget, CountsWhatItSuppresses) {
    LogBudget budget(2);
    EXPECT_EQ(budget.take(1000), 0U);
    EXPECT_EQ(budget.take(1000), 0U);
    EXPECT_EQ(budget.take(1500), std::nullopt);
    EXPECT_EQ(budget.take(1999), std::nullopt);
    EXPECT_EQ(budget.take(2000), 2U);
    EXPECT_EQ(budget.take(2000), 0U);
}

}  // namespace
}  // namespace ingest::http
