#include "base/uuid.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingest {
namespace {

constexpr std::int64_t some_ms = 1'764'000'000'123;
constexpr std::array<std::uint64_t, 4> seed{1, 2, 3, 4};
constexpr std::uint64_t last_counter = (std::uint64_t{1} << 42) - 1;

std::int64_t ms_of(const Uuid& id) {
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id[i];
    return ms;
}

void expect_version_7(const Uuid& id) {
    EXPECT_EQ(id[6] >> 4, 7);
    EXPECT_EQ(id[8] >> 6, 2);
}

TEST(UuidTest, Text) {
    EXPECT_EQ(to_text({0x01, 0x90, 0xF3, 0xC4, 0x8F, 0x3B, 0x7A, 0x51, 0x9C, 0x1E, 0x3F, 0x6D, 0x2B,
                       0x7A, 0x9E, 0x10}),
              "0190f3c4-8f3b-7a51-9c1e-3f6d2b7a9e10");
    EXPECT_EQ(to_text(Uuid{}), "00000000-0000-0000-0000-000000000000");
}

TEST(UuidTest, CarriesTimeVersionAndVariant) {
    UuidSource source;
    for (const std::int64_t ms : {some_ms, (std::int64_t{1} << 48) - 1}) {
        for (int i = 0; i < 1000; ++i) {
            const Uuid id = source.next(ms);
            expect_version_7(id);
            EXPECT_EQ(ms_of(id), ms);
        }
    }
    EXPECT_THAT(to_text(source.next(some_ms)),
                ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                        "[0-9a-f]{12}"));
}

TEST(UuidTest, RisesStrictlyWithinAMillisecondAndWhenTheClockGoesBack) {
    UuidSource source;
    Uuid before = source.next(some_ms);
    for (int i = 1; i < 200'000; ++i) {
        const std::int64_t now = i % 3 == 0 ? some_ms + i / 1000 : some_ms - i;
        const Uuid id = source.next(now);
        ASSERT_LT(before, id) << i;
        before = id;
    }
    EXPECT_EQ(ms_of(before), some_ms + 199);
}

TEST(UuidTest, BorrowsFromTheNextMillisecondWhenTheCounterIsFull) {
    UuidSource source(seed, some_ms, last_counter - 1);
    const Uuid last = source.next(some_ms);
    EXPECT_EQ(ms_of(last), some_ms);
    const Uuid first = source.next(some_ms);
    EXPECT_EQ(ms_of(first), some_ms + 1);
    expect_version_7(last);
    expect_version_7(first);
    EXPECT_LT(last, first);
    // The clock catches up with the borrowed millisecond: still rising.
    EXPECT_LT(first, source.next(some_ms + 1));
    EXPECT_EQ(ms_of(source.next(some_ms + 2)), some_ms + 2);
}

TEST(UuidTest, TheCounterFillsItsBitsInOrder) {
    // Across the places where the counter's bits change bytes.
    for (const int bit : {8, 16, 24, 30, 38, 41}) {
        UuidSource source(seed, some_ms, (std::uint64_t{1} << bit) - 2);
        const Uuid a = source.next(some_ms);
        const Uuid b = source.next(some_ms);
        EXPECT_LT(a, b) << bit;
        expect_version_7(a);
        expect_version_7(b);
    }
}

TEST(UuidTest, SourcesDiffer) {
    std::set<Uuid> ids;
    for (int i = 0; i < 100; ++i) {
        UuidSource source;
        for (int k = 0; k < 100; ++k) EXPECT_TRUE(ids.insert(source.next(some_ms)).second);
    }
}

}  // namespace
}  // namespace ingest
