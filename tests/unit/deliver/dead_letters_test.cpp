#include "deliver/dead_letters.h"

#include <fstream>

#include <gmock/gmock.h>

#include "support/fake_file.h"
#include "support/temp_dir.h"
#include "unit/deliver/letters.h"

namespace ingest::deliver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DeadLettersTest : public ::testing::Test {
protected:
    DeadLettersTest() : schema_(test::sensor_schema()) {}

    std::unique_ptr<DeadLetters> open(const model::Schema& schema) {
        auto letters = DeadLetters::open(letters_dir(), "store", schema, spool::posix_files());
        EXPECT_TRUE(letters) << letters.error().message;
        return std::move(*letters);
    }
    std::filesystem::path letters_dir() const { return DeadLetterOffice::dir_in(dir_.path()); }
    DeadLetterOffice office() const { return {dir_.path(), "store", spool::posix_files()}; }
    model::Batch reading(double temperature) const { return reading_of(*schema_, temperature); }

    test::TempDir dir_;
    std::unique_ptr<model::Schema> schema_;
};

TEST_F(DeadLettersTest, KeepsTheReadingAndTheReason) {
    ASSERT_TRUE(open(*schema_)->add({7, 1234, "23514: too hot"}, reading(21.5)));
    int seen = 0;
    ASSERT_TRUE(office().for_each([&](const DeadLetter& letter, const model::Batch& kept) {
        ++seen;
        EXPECT_EQ(letter.sequence, 7U);
        EXPECT_EQ(letter.time_us, 1234);
        EXPECT_EQ(letter.reason, "23514: too hot");
        EXPECT_EQ(kept.float64(model::column_first_field, 0), 21.5);
        EXPECT_EQ(kept.utf8(model::column_equipment_id, 0), "PUMP-A1-001");
        EXPECT_EQ(reading_columns(kept.schema()), schema_->size());
        return true;
    }));
    EXPECT_EQ(seen, 1);
}

TEST_F(DeadLettersTest, ALetterIsKeptOnceAlsoAcrossARestart) {
    {
        auto letters = open(*schema_);
        ASSERT_TRUE(letters->add({7, 1, "x"}, reading(1)));
        ASSERT_TRUE(letters->add({7, 2, "x"}, reading(1)));
    }
    const auto bytes = std::filesystem::file_size(letters_dir() / "store.1.log");
    auto letters = open(*schema_);
    ASSERT_TRUE(letters->add({7, 3, "x"}, reading(1)));
    EXPECT_EQ(std::filesystem::file_size(letters_dir() / "store.1.log"), bytes);
    ASSERT_TRUE(letters->add({8, 3, "x"}, reading(1)));
    EXPECT_THAT(sequences(office()), ElementsAre(7, 8));
}

TEST_F(DeadLettersTest, APositionThatWasGivenAgainIsAnotherLetter) {
    auto letters = open(*schema_);
    ASSERT_TRUE(letters->add({7, 1, "x"}, reading(1)));
    letters = open(*schema_);  // the log was removed in the meantime, the letters were not
    ASSERT_TRUE(letters->add({7, 2, "x"}, reading(2)));
    EXPECT_THAT(sequences(office()), ElementsAre(7, 7));
}

TEST_F(DeadLettersTest, AFileThatCannotBeReadDoesNotHideTheOthers) {
    ASSERT_TRUE(open(*schema_)->add({1, 1, "x"}, reading(1)));
    std::ofstream(letters_dir() / "store.2.log").close();
    ASSERT_TRUE(open(*schema_)->add({2, 1, "x"}, reading(2)));
    EXPECT_THAT(sequences(office()), ElementsAre(1, 2));
    const auto trouble =
        office().for_each([](const DeadLetter&, const model::Batch&) { return true; });
    ASSERT_TRUE(trouble);
    EXPECT_THAT(trouble->closed,
                ElementsAre(HasSubstr("store.2.log has no valid head: it is empty")));
}

TEST_F(DeadLettersTest, ALetterThatIsInTwoFilesIsToldOnce) {
    ASSERT_TRUE(open(*schema_)->add({1, 1, "x"}, reading(1)));
    std::filesystem::copy_file(letters_dir() / "store.1.log", letters_dir() / "store.2.log");
    EXPECT_THAT(sequences(office()), ElementsAre(1));
}

TEST_F(DeadLettersTest, GoesOnBehindATornLetter) {
    {
        auto letters = open(*schema_);
        ASSERT_TRUE(letters->add({1, 1, "x"}, reading(1)));
        ASSERT_TRUE(letters->add({2, 1, "x"}, reading(2)));
    }
    const auto file = letters_dir() / "store.1.log";
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 3);
    auto letters = open(*schema_);
    EXPECT_THAT(sequences(office()), ElementsAre(1));
    ASSERT_TRUE(letters->add({3, 1, "x"}, reading(3)));
    EXPECT_THAT(sequences(office()), ElementsAre(1, 3));
    const auto trouble =
        office().for_each([](const DeadLetter&, const model::Batch&) { return true; });
    ASSERT_TRUE(trouble);
    EXPECT_THAT(trouble->damaged, ElementsAre(HasSubstr("store.1.log")));
}

TEST_F(DeadLettersTest, AnotherSchemaBeginsAnotherFile) {
    ASSERT_TRUE(open(*schema_)->add({1, 1, "x"}, reading(1)));
    const model::Schema wider({{"temperature", model::ColumnType::float64, true},
                               {"rpm", model::ColumnType::int64}});
    auto letters = open(wider);
    model::Batch batch(wider);
    test::add_reading(batch, "PUMP-A1-001", {2.0, std::int64_t{900}});
    ASSERT_TRUE(letters->add({2, 1, "x"}, batch));
    EXPECT_THAT(sequences(office()), ElementsAre(1, 2));
    EXPECT_TRUE(std::filesystem::exists(letters_dir() / "store.2.log"));
}

TEST_F(DeadLettersTest, AFileOfSomeSizeIsFollowedByAnother) {
    const std::string reason(std::size_t{1} << 20, 'x');
    auto letters = open(*schema_);
    for (std::uint64_t i = 0; i < 18; ++i) {
        ASSERT_TRUE(letters->add({i, 1, reason}, reading(static_cast<double>(i))));
    }
    EXPECT_LT(std::filesystem::file_size(letters_dir() / "store.1.log"),
              DeadLetters::file_bytes_max + 2 * reason.size());
    EXPECT_GT(std::filesystem::file_size(letters_dir() / "store.2.log"), reason.size());
    EXPECT_EQ(sequences(office()).size(), 18U);
}

// Killed between the write and the sync: the next process finds the letter in the page cache. When
// the lane brings it again it counts as kept, the cursor moves over it, and then the power goes.
TEST_F(DeadLettersTest, WhatIsFoundAtTheStartIsMadeDurable) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        test::FakeFiles files(seed);
        ASSERT_TRUE(files.make_directory("/spool"));
        ASSERT_TRUE(files.sync_directory("/"));
        // Of each change: head's write, its sync, the name's sync; a letter's write, its sync.
        for (std::uint64_t change = 1; change < 10; ++change) {
            files.power_off_after(change);
            if (auto letters = DeadLetters::open("/spool/dead-letters", "store", *schema_, files)) {
                (void)(*letters)->add({1, 1, "x"}, reading(1));
            }
            files.restart();
        }
        auto letters = DeadLetters::open("/spool/dead-letters", "store", *schema_, files);
        ASSERT_TRUE(letters) << letters.error().message;
        ASSERT_TRUE((*letters)->add({1, 1, "x"}, reading(1)));
        files.power_off();
        files.power_on();
        EXPECT_THAT(sequences({"/spool", "store", files}), ElementsAre(1)) << "seed " << seed;
    }
}

// A file whose sync failed once is not relied on: the letter goes to another one.
TEST_F(DeadLettersTest, AFailedSyncLosesNoLetter) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        test::FakeFiles files(seed);
        ASSERT_TRUE(files.make_directory("/spool"));
        ASSERT_TRUE(files.sync_directory("/"));
        auto letters = DeadLetters::open("/spool/dead-letters", "store", *schema_, files);
        ASSERT_TRUE(letters);
        ASSERT_TRUE((*letters)->add({1, 1, "x"}, reading(1)));
        files.inject([](test::Operation operation, const std::string&) {
            return operation == test::Operation::sync ? EIO : 0;
        });
        EXPECT_FALSE((*letters)->add({2, 1, "x"}, reading(2)));
        files.inject(nullptr);
        if (seed % 2 == 0) {  // by the same process, or by the next one
            files.restart();
            letters = DeadLetters::open("/spool/dead-letters", "store", *schema_, files);
            ASSERT_TRUE(letters);
        }
        ASSERT_TRUE((*letters)->add({2, 1, "x"}, reading(2)));
        files.power_off();
        files.power_on();
        EXPECT_THAT(sequences({"/spool", "store", files}), ElementsAre(1, 2)) << "seed " << seed;
    }
}

}  // namespace
}  // namespace ingest::deliver
