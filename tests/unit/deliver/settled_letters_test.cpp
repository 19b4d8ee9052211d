#include "deliver/settled_letters.h"

#include <cerrno>

#include <gmock/gmock.h>

#include "support/fake_file.h"
#include "unit/deliver/letters.h"

namespace ingest::deliver {
namespace {

using ::testing::ElementsAre;

class SettledLettersTest : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(files_.make_directory("/letters"));
        ASSERT_TRUE(files_.sync_directory("/"));
    }
    SettledLetters open() {
        auto settled = SettledLetters::open(path_, files_);
        EXPECT_TRUE(settled);
        return std::move(*settled);
    }
    static Result<void> add(SettledLetters& settled, std::uint64_t sequence) {
        const LetterId letter = letter_of(sequence);
        return settled.add(std::span(&letter, 1), {Outcome::dropped, 42});
    }
    std::vector<std::uint64_t> found() {
        std::vector<std::uint64_t> all;
        const auto settlements = read_settlements(files_, path_);
        EXPECT_TRUE(settlements);
        for (const auto& [letter, settlement] : *settlements) {
            EXPECT_EQ(letter, letter_of(letter.sequence));
            EXPECT_EQ(settlement.outcome, Outcome::dropped);
            EXPECT_EQ(settlement.time_us, 42);
            all.push_back(letter.sequence);
        }
        return all;
    }

    const std::filesystem::path path_ = settled_path("/letters", "store");
    test::FakeFiles files_;
};

TEST_F(SettledLettersTest, NoFileSettlesNothing) { EXPECT_THAT(found(), ElementsAre()); }

TEST_F(SettledLettersTest, RemembersAcrossCommands) {
    for (std::uint64_t i = 0; i < 3; ++i) {
        SettledLetters settled = open();
        ASSERT_TRUE(add(settled, 2 * i));
        ASSERT_TRUE(add(settled, 2 * i + 1));
    }
    EXPECT_THAT(found(), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(SettledLettersTest, ATornRecordSettlesNothingAndHidesNothing) {
    SettledLetters settled = open();
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(add(settled, i));
    ASSERT_EQ(files_.contents(path_).size(), 3U * 64);
    for (std::uint64_t byte = 64; byte < 80; ++byte) {
        auto whole = files_.contents(path_);
        const auto before = whole[byte];
        files_.overwrite(path_, byte, {before ^ std::byte{1}});
        EXPECT_THAT(found(), ElementsAre(0, 2)) << "byte " << byte;
        files_.overwrite(path_, byte, {before});
    }
    SettledLetters next = open();
    ASSERT_TRUE(add(next, 7));
    EXPECT_THAT(found(), ElementsAre(0, 1, 2, 7));
}

TEST_F(SettledLettersTest, ForgetsWhatItIsToldTo) {
    SettledLetters settled = open();
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(add(settled, i));
    Settlements one(settled.all());
    one.erase(letter_of(0));
    one.erase(letter_of(2));
    ASSERT_TRUE(settled.keep(one));
    EXPECT_THAT(found(), ElementsAre(1));
    ASSERT_TRUE(add(settled, 5));
    EXPECT_THAT(found(), ElementsAre(1, 5));
    ASSERT_TRUE(settled.keep({}));
    EXPECT_THAT(*files_.list("/letters"), ElementsAre());
}

// A file is never synced again once that failed: this command, or the next, writes another.
TEST_F(SettledLettersTest, AFailedSyncIsNotReliedOn) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        test::FakeFiles files(seed);
        ASSERT_TRUE(files.make_directory("/letters"));
        ASSERT_TRUE(files.sync_directory("/"));
        auto first = SettledLetters::open(path_, files);
        ASSERT_TRUE(add(*first, 1));
        files.inject([](test::Operation operation, const std::string&) {
            return operation == test::Operation::sync ? EIO : 0;
        });
        EXPECT_FALSE(add(*first, 2));
        files.inject(nullptr);
        auto second = SettledLetters::open(path_, files);
        SettledLetters& next = seed % 2 == 0 ? *first : *second;
        ASSERT_TRUE(add(next, 3));
        const auto claimed = next.all();
        files.power_off();
        files.power_on();
        const auto found = read_settlements(files, path_);
        ASSERT_TRUE(found);
        EXPECT_EQ(found->size(), claimed.size()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace ingest::deliver
