#include "deliver/dead_letter_office.h"

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <set>

#include <gmock/gmock.h>

#include "spool/cursor.h"
#include "support/fake_file.h"
#include "unit/deliver/letters.h"

namespace ingest::deliver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr Settlement dropped{Outcome::dropped, 42};

// A spool's directory with the letters of a sink called store.
struct Place {
    explicit Place(std::uint64_t seed = 1) : schema(test::sensor_schema()), files(seed) {
        EXPECT_TRUE(files.make_directory("/spool"));
        EXPECT_TRUE(files.sync_directory("/"));
    }
    std::unique_ptr<DeadLetters> host() {
        auto letters = DeadLetters::open("/spool/dead-letters", "store", *schema, files);
        EXPECT_TRUE(letters) << letters.error().message;
        return std::move(*letters);
    }
    void bury(DeadLetters& letters, std::uint64_t first, std::uint64_t end,
              const std::string& reason = "too hot") {
        for (std::uint64_t i = first; i < end; ++i) {
            EXPECT_TRUE(letters.add({i, 1, reason}, reading_of(*schema, static_cast<double>(i))));
        }
    }
    DeadLetterOffice office() { return {"/spool", "store", files}; }
    DeadLetterOffice locked() {
        DeadLetterOffice office = this->office();
        const auto taken = office.lock();
        EXPECT_TRUE(taken) << taken.error().message;
        return office;
    }
    void cursor(std::uint64_t position) {
        EXPECT_TRUE(spool::Cursor::create(files, "/spool", "store", position));
    }
    std::vector<std::string> names() { return *files.list("/spool/dead-letters"); }
    std::vector<std::uint64_t> letters() { return sequences(office()); }

    std::unique_ptr<model::Schema> schema;
    test::FakeFiles files;
};

Result<void> drop(DeadLetterOffice& office, const std::vector<std::uint64_t>& positions) {
    std::vector<LetterId> ids;
    for (const std::uint64_t position : positions) ids.push_back(letter_of(position));
    return office.settle(ids, dropped);
}

TEST(DeadLetterOffice, SaysWhoHasLetters) {
    Place place;
    EXPECT_THAT(*DeadLetterOffice::sinks("/spool", place.files), IsEmpty()) << "no directory yet";
    const auto nowhere = DeadLetterOffice::sinks("/no-spool", place.files);
    ASSERT_FALSE(nowhere);
    EXPECT_THAT(nowhere.error().message, HasSubstr("/no-spool"));
    EXPECT_THAT(place.letters(), IsEmpty());
    place.bury(*place.host(), 0, 1);
    auto other = DeadLetters::open("/spool/dead-letters", "a-queue", *place.schema, place.files);
    place.bury(**other, 0, 1);
    EXPECT_THAT(*DeadLetterOffice::sinks("/spool", place.files), ElementsAre("a-queue", "store"));
}

TEST(DeadLetterOffice, ASettledLetterIsToldNoMore) {
    Place place;
    const auto host = place.host();
    place.bury(*host, 0, 5);
    {
        DeadLetterOffice office = place.locked();
        ASSERT_TRUE(drop(office, {1, 3}));
        EXPECT_THAT(place.letters(), ElementsAre(0, 2, 4)) << "by others neither, at once";
        place.bury(*host, 5, 6);  // the host goes on meanwhile
        ASSERT_TRUE(drop(office, {5}));
    }
    EXPECT_THAT(place.letters(), ElementsAre(0, 2, 4));
}

TEST(DeadLetterOffice, OneCommandAtATime) {
    Place place;
    place.bury(*place.host(), 0, 1);
    const DeadLetterOffice first = place.locked();
    const auto second = place.office().lock();
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr("process"));
}

TEST(DeadLetterOffice, TheNewestFileGoesOnlyWithoutAHost) {
    Place place;
    place.cursor(100);
    auto host = place.host();
    place.bury(*host, 0, 20, std::string(std::size_t{1} << 20, 'x'));
    DeadLetterOffice office = place.locked();
    {
        const auto running = place.files.lock("/spool/lock");
        ASSERT_TRUE(running);
        std::vector<std::uint64_t> first(16);
        std::iota(first.begin(), first.end(), 0U);
        ASSERT_TRUE(drop(office, first));
        EXPECT_EQ(*office.sweep(), 1U);
        EXPECT_THAT(place.names(), ElementsAre("store.2.log", "store.lock"))
            << "what was settled of the one that went is forgotten";
        ASSERT_TRUE(drop(office, {16, 17, 18}));
        EXPECT_EQ(*office.sweep(), 0U);
        ASSERT_TRUE(drop(office, {19}));
        EXPECT_EQ(*office.sweep(), 0U);
        place.bury(*host, 20, 21);
        EXPECT_THAT(place.letters(), ElementsAre(20));
        ASSERT_TRUE(drop(office, {20}));
    }
    EXPECT_EQ(*office.sweep(), 1U);
    EXPECT_THAT(place.names(), ElementsAre("store.lock"));
    EXPECT_TRUE(place.files.lock("/spool/lock")) << "a host may start again";
}

TEST(DeadLetterOffice, AFileWithBytesThatAreNoLetterStays) {
    Place place;
    place.cursor(100);
    place.bury(*place.host(), 0, 2);
    place.files.overwrite("/spool/dead-letters/store.1.log", 4096 + 60, {std::byte{0xFF}});
    DeadLetterOffice office = place.locked();
    ASSERT_TRUE(drop(office, {1}));
    EXPECT_EQ(*office.sweep(), 0U);
    EXPECT_THAT(place.letters(), IsEmpty());
    EXPECT_EQ(place.names().size(), 3U);
}

// The power went, the cursor fell back, and the lane brings readings again that were dropped.
TEST(DeadLetterOffice, WhatWasDroppedIsNotBuriedAgain) {
    for (const std::uint64_t cursor : {0U, 3U, 5U}) {
        Place place;
        place.cursor(cursor);
        place.bury(*place.host(), 0, 5);
        {
            DeadLetterOffice office = place.locked();
            ASSERT_TRUE(drop(office, {0, 1, 2, 3, 4}));
            EXPECT_EQ(*office.sweep(), 1U);
        }
        const auto settled = read_settlements(place.files, "/spool/dead-letters/store.settled");
        EXPECT_EQ(settled->size(), 5 - cursor) << "only of what may come again";
        const auto host = place.host();
        host->forget_before(cursor);
        place.bury(*host, cursor, 7);
        EXPECT_THAT(place.letters(), ElementsAre(5, 6));
    }
}

// The host has moved its cursor and not yet synced it.
TEST(DeadLetterOffice, OnlyACursorOnTheDiskMakesItForget) {
    Place place;
    const auto cursor = spool::Cursor::create(place.files, "/spool", "store", 1);
    ASSERT_TRUE((*cursor)->advance(5));
    place.bury(*place.host(), 0, 5);
    DeadLetterOffice office = place.locked();
    ASSERT_TRUE(drop(office, {0, 1, 2, 3, 4}));
    EXPECT_EQ(*office.sweep(), 1U);
    const auto settled = read_settlements(place.files, "/spool/dead-letters/store.settled");
    EXPECT_EQ(settled->size(), 4U);
}

TEST(DeadLetterOffice, WithoutACursorNothingIsForgotten) {
    Place place;
    place.bury(*place.host(), 0, 1);
    DeadLetterOffice office = place.locked();
    ASSERT_TRUE(drop(office, {0}));
    EXPECT_EQ(*office.sweep(), 1U);
    EXPECT_THAT(place.names(), ElementsAre("store.lock", "store.settled"));
}

// One run of a command, in steps; remembers what it was told is settled.
struct Errand {
    std::set<std::uint64_t> tried;
    std::set<std::uint64_t> settled;

    void operator()(DeadLetterOffice office) {
        if (!office.lock()) return;
        const std::vector<std::vector<std::uint64_t>> steps{{0, 1}, {2}, {4, 5, 6, 7}};
        for (const auto& step : steps) {
            tried.insert(step.begin(), step.end());
            if (!drop(office, step)) return;
            settled.insert(step.begin(), step.end());
            if (!office.sweep()) return;
        }
    }
};

// Two files: the first ends before letter 4.
void fill(Place& place) {
    place.bury(*place.host(), 0, 4);
    place.files.inject([](test::Operation operation, const std::string&) {
        return operation == test::Operation::sync ? EIO : 0;
    });
    auto host = place.host();  // cannot use the file and begins another
    place.files.inject(nullptr);
    place.bury(*host, 4, 9);
    EXPECT_THAT(place.names(), ElementsAre("store.1.log", "store.2.log"));
}

// After the command ended in the middle, however it ended.
void expect_nothing_lost(Place& place, const Errand& errand, std::uint64_t cursor,
                         const std::string& trace) {
    SCOPED_TRACE(trace);
    const auto expect_letters = [&] {
        const auto letters = place.letters();
        for (std::uint64_t i = 0; i < 9; ++i) {
            const bool there = std::ranges::count(letters, i) > 0;
            EXPECT_TRUE(there || errand.tried.contains(i)) << "lost: " << i;
            EXPECT_FALSE(there && errand.settled.contains(i)) << "back again: " << i;
        }
    };
    expect_letters();
    {  // The lane goes on at its cursor and is refused the same readings again.
        const auto host = place.host();
        host->forget_before(cursor);
        place.bury(*host, cursor, 9);
    }
    expect_letters();
    DeadLetterOffice office = place.locked();
    ASSERT_TRUE(drop(office, {0, 1, 2, 3, 4, 5, 6, 7, 8}));
    ASSERT_TRUE(office.sweep());
    EXPECT_THAT(place.letters(), IsEmpty());
    EXPECT_THAT(place.names(), Not(::testing::Contains(::testing::EndsWith(".log"))));
}

TEST(DeadLetterOffice, MayEndAtAnyMoment) {
    for (const std::uint64_t cursor : {0U, 5U, 9U}) {
        for (std::uint64_t change = 1;; ++change) {
            bool ended = false;
            for (std::uint64_t seed = 0; seed < 24; ++seed) {
                Place place(seed);
                place.cursor(cursor);
                fill(place);
                place.files.power_off_after(change);
                Errand errand;
                errand(place.office());
                ended = ended || place.files.is_off();
                // Killed, or with the power.
                if (seed % 3 == 0) {
                    place.files.restart();
                } else {
                    place.files.power_off();
                    place.files.power_on();
                }
                expect_nothing_lost(place, errand, cursor,
                                    "change " + std::to_string(change) + ", seed " +
                                        std::to_string(seed));
                if (::testing::Test::HasFailure()) return;
            }
            if (!ended) {
                EXPECT_GT(change, 10U) << "the command did all that";
                break;
            }
        }
    }
}

TEST(DeadLetterOffice, AnyOperationMayFail) {
    for (std::uint64_t failing = 0;; ++failing) {
        Place place(failing);
        place.cursor(5);
        fill(place);
        std::uint64_t count = 0;
        place.files.inject([&](test::Operation, const std::string&) {
            return count++ == failing ? EIO : 0;
        });
        Errand errand;
        errand(place.office());
        place.files.inject(nullptr);
        place.files.power_off();
        place.files.power_on();
        expect_nothing_lost(place, errand, 5, "operation " + std::to_string(failing));
        if (::testing::Test::HasFailure()) return;
        if (count <= failing) break;
    }
}

}  // namespace
}  // namespace ingest::deliver
