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

using Counts = RateLimiter::Counts;

std::uint32_t retry_after(RateLimiter& limiter, std::uint32_t client, std::int64_t now_ms) {
    return limiter.take(address(client), Counts::request_with_readings, now_ms).retry_after_s;
}

TEST(RateLimiter, IsOffUnlessEnabled) {
    RateLimiter limiter({.enabled = false, .per_minute = 1}, 1);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(retry_after(limiter, 1, 0), 0U);
}

TEST(RateLimiter, FillsAtItsRate) {
    RateLimiter limiter({.enabled = true, .per_minute = 60}, 1);
    for (int i = 0; i < 60; ++i) EXPECT_EQ(retry_after(limiter, 1, 5000), 0U);
    EXPECT_EQ(retry_after(limiter, 1, 5000), 1U);
    EXPECT_EQ(retry_after(limiter, 1, 5999), 1U);
    EXPECT_EQ(retry_after(limiter, 1, 6000), 0U);
    EXPECT_EQ(retry_after(limiter, 1, 6000), 1U);
    // Never deeper than a minute's worth, however long nobody came.
    for (int i = 0; i < 60; ++i) EXPECT_EQ(retry_after(limiter, 1, 90'000'000), 0U);
    EXPECT_NE(retry_after(limiter, 1, 90'000'000), 0U);
}

TEST(RateLimiter, SaysWhenToComeBack) {
    RateLimiter limiter({.enabled = true, .per_minute = 2}, 1);
    EXPECT_EQ(retry_after(limiter, 1, 0), 0U);
    EXPECT_EQ(retry_after(limiter, 1, 0), 0U);
    EXPECT_EQ(retry_after(limiter, 1, 0), 30U);
    EXPECT_EQ(retry_after(limiter, 1, 20'000), 10U);
    EXPECT_EQ(retry_after(limiter, 1, 30'000), 0U);
}

TEST(RateLimiter, AddressesDoNotShare) {
    RateLimiter limiter({.enabled = true, .per_minute = 1}, 1);
    for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(retry_after(limiter, i, 0), 0U);
    for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_NE(retry_after(limiter, i, 0), 0U);
}

TEST(RateLimiter, AFullRowForgetsTheFullestBucket) {
    RateLimiter limiter({.enabled = true, .per_minute = 10}, 1, 1);  // four places
    for (std::uint32_t i = 0; i < 4; ++i) {
        for (std::uint32_t used = 0; used <= i; ++used)
            EXPECT_EQ(retry_after(limiter, i, 0), 0U);
    }
    EXPECT_EQ(retry_after(limiter, 9, 0), 0U);  // takes the place of address 0
    for (int i = 0; i < 6; ++i) EXPECT_EQ(retry_after(limiter, 3, 0), 0U);
    EXPECT_NE(retry_after(limiter, 3, 0), 0U);  // was not forgotten
}

// Somebody who asks all the time, for an hour of a clock that the test winds.
TEST(RateLimiter, IsAccurate) {
    for (const std::uint32_t per_minute : {1U, 7U, 100U, 5'999U, 1'000'000U}) {
        RateLimiter limiter({.enabled = true, .per_minute = per_minute}, 1);
        const std::int64_t minutes = per_minute > 10'000 ? 1 : 60;
        const std::int64_t step_ms = per_minute > 10'000 ? 1 : 7;
        std::int64_t passed = 0;
        for (std::int64_t now = 0; now < minutes * 60'000; now += step_ms) {
            while (retry_after(limiter, 1, now) == 0) ++passed;
        }
        const double due = static_cast<double>(per_minute) * static_cast<double>(minutes);
        const double steady = static_cast<double>(passed - per_minute);  // behind the first burst
        EXPECT_NEAR(steady / due, 1.0, 0.05) << per_minute;
    }
}

TEST(RateLimiter, IsAccurateForReadings) {
    for (const std::uint32_t batch : {1U, 100U, 700U}) {
        RateLimiter limiter(
            {.enabled = true, .per_minute = 100'000, .readings_per_minute = 1'000}, 1);
        std::int64_t passed = 0;
        for (std::int64_t now = 0; now < 60 * 60'000; now += 7) {
            if (retry_after(limiter, 1, now) != 0) continue;
            passed += batch;
            limiter.take_readings(address(1), batch, now);
        }
        EXPECT_NEAR(static_cast<double>(passed - 1'000) / 60'000.0, 1.0, 0.05) << batch;
    }
}

TEST(RateLimiter, ADebtOfReadingsIsPaid) {
    RateLimiter limiter({.enabled = true, .per_minute = 100, .readings_per_minute = 10}, 1);
    EXPECT_EQ(retry_after(limiter, 1, 0), 0U);
    const Standing debt = limiter.take_readings(address(1), 100, 0);
    EXPECT_EQ(debt.readings.left, 0U);
    EXPECT_EQ(debt.readings.full_after_s, 600U);
    const Standing refused = limiter.take(address(1), Counts::request_with_readings, 0);
    EXPECT_EQ(refused.retry_after_s, 546U);  // 90 that are owed, and one to send
    EXPECT_TRUE(refused.short_of_readings);
    EXPECT_EQ(refused.requests.left, 99U);  // what is refused costs nothing
    EXPECT_EQ(limiter.take(address(1), Counts::request, 0).retry_after_s, 0U);
    EXPECT_NE(retry_after(limiter, 1, 545'999), 0U);
    EXPECT_EQ(retry_after(limiter, 1, 546'000), 0U);
    EXPECT_EQ(limiter.take_readings(address(1), 0, 100'000'000).readings.left, 10U);
}

TEST(RateLimiter, TellsHowOneStands) {
    RateLimiter limiter({.enabled = true, .per_minute = 60, .readings_per_minute = 600}, 1);
    limiter.take(address(1), Counts::request_with_readings, 0);
    std::string fields;
    append_limit_fields(fields, limiter.take_readings(address(1), 50, 0));
    EXPECT_EQ(fields,
              "RateLimit-Policy: \"requests\";q=60;w=60, \"readings\";q=600;w=60\r\n"
              "RateLimit: \"requests\";r=59;t=1, \"readings\";r=550;t=5\r\n");
    fields.clear();
    RateLimiter off({.enabled = false, .per_minute = 1}, 1);
    append_limit_fields(fields, off.take(address(1), Counts::request, 0));
    EXPECT_EQ(fields, "");
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
    constexpr std::size_t most = BodyPool::bytes_max / BodyPool::body_bytes_max;
    for (std::size_t i = 0; i < 2 * most; ++i) {
        Body body;
        body.reserve(BodyPool::body_bytes_max);
        body.append("x");
        pool.give(std::move(body));
    }
    std::size_t kept = 0;
    for (;; ++kept) {
        const Body body = pool.take();
        if (body.capacity() == 0) break;
        EXPECT_EQ(body.size(), 0U);
    }
    EXPECT_EQ(kept, most);
}

// Who announces much, and sends a byte, would have it whole.
TEST(BodyPool, KeepsNoneThatIsMoreThanABeginningBodyIsCountedWith) {
    BodyPool pool;
    for (const std::size_t size : {std::size_t{1}, BodyPool::body_bytes_max,
                                   BodyPool::body_bytes_max + 1, std::size_t{1} << 20}) {
        Body body = pool.take();
        body.reserve(size);
        pool.give(std::move(body));
        EXPECT_LE(pool.take().capacity(), BodyPool::body_bytes_max) << size;
    }
    Body small;
    small.reserve(BodyPool::body_bytes_max);
    pool.give(std::move(small));
    EXPECT_EQ(pool.take().capacity(), BodyPool::body_bytes_max);
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
