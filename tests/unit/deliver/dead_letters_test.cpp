#include "deliver/dead_letters.h"

#include <fstream>

#include <gmock/gmock.h>

#include "support/batches.h"
#include "support/temp_dir.h"

namespace ingest::deliver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DeadLettersTest : public ::testing::Test {
protected:
    DeadLettersTest() : schema_(test::sensor_schema()) {}

    std::unique_ptr<DeadLetters> open(const model::Schema& schema) {
        auto letters =
            DeadLetters::open(dir_.path() / "dead-letters", "store", schema, spool::posix_files());
        EXPECT_TRUE(letters) << letters.error().message;
        return std::move(*letters);
    }
    // The same temperature, the same id.
    model::Batch reading(double temperature) const {
        model::Batch batch = test::readings(*schema_, {{temperature, 0.5, 1.0}});
        batch.set_uuid(model::column_reading_id, {static_cast<std::uint8_t>(temperature)});
        return batch;
    }
    static std::vector<std::uint64_t> sequences(const DeadLetters& letters) {
        std::vector<std::uint64_t> all;
        EXPECT_TRUE(letters.for_each([&](const DeadLetter& letter, const model::Batch&) {
            all.push_back(letter.sequence);
        }));
        return all;
    }

    test::TempDir dir_;
    std::unique_ptr<model::Schema> schema_;
};

TEST_F(DeadLettersTest, KeepsTheReadingAndTheReason) {
    {
        auto letters = open(*schema_);
        ASSERT_TRUE(letters->add({7, 1234, "23514: too hot"}, reading(21.5)));
    }
    const auto letters = open(*schema_);
    int seen = 0;
    ASSERT_TRUE(letters->for_each([&](const DeadLetter& letter, const model::Batch& kept) {
        ++seen;
        EXPECT_EQ(letter.sequence, 7U);
        EXPECT_EQ(letter.time_us, 1234);
        EXPECT_EQ(letter.reason, "23514: too hot");
        EXPECT_EQ(kept.float64(model::column_first_field, 0), 21.5);
        EXPECT_EQ(kept.utf8(model::column_equipment_id, 0), "PUMP-A1-001");
    }));
    EXPECT_EQ(seen, 1);
}

TEST_F(DeadLettersTest, ALetterIsKeptOnceAlsoAcrossARestart) {
    {
        auto letters = open(*schema_);
        ASSERT_TRUE(letters->add({7, 1, "x"}, reading(1)));
        ASSERT_TRUE(letters->add({7, 2, "x"}, reading(1)));
    }
    auto letters = open(*schema_);
    ASSERT_TRUE(letters->add({7, 3, "x"}, reading(1)));
    ASSERT_TRUE(letters->add({8, 3, "x"}, reading(1)));
    EXPECT_THAT(sequences(*letters), ElementsAre(7, 8));
}

TEST_F(DeadLettersTest, APositionThatWasGivenAgainIsAnotherLetter) {
    auto letters = open(*schema_);
    ASSERT_TRUE(letters->add({7, 1, "x"}, reading(1)));
    letters = open(*schema_);  // the log was removed in the meantime, the letters were not
    ASSERT_TRUE(letters->add({7, 2, "x"}, reading(2)));
    EXPECT_THAT(sequences(*letters), ElementsAre(7, 7));
}

TEST_F(DeadLettersTest, AFileThatCannotBeReadDoesNotHideTheOthers) {
    ASSERT_TRUE(open(*schema_)->add({1, 1, "x"}, reading(1)));
    std::ofstream(dir_.path() / "dead-letters" / "store.2.log").close();
    auto letters = open(*schema_);
    ASSERT_TRUE(letters->add({2, 1, "x"}, reading(2)));
    std::vector<std::uint64_t> seen;
    const auto read = letters->for_each(
        [&](const DeadLetter& letter, const model::Batch&) { seen.push_back(letter.sequence); });
    EXPECT_THAT(seen, ElementsAre(1, 2));
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("store.2.log has no valid head: it is empty"));
}

TEST_F(DeadLettersTest, ALetterThatIsInTwoFilesIsToldOnce) {
    ASSERT_TRUE(open(*schema_)->add({1, 1, "x"}, reading(1)));
    const auto dir = dir_.path() / "dead-letters";
    std::filesystem::copy_file(dir / "store.1.log", dir / "store.2.log");
    EXPECT_THAT(sequences(*open(*schema_)), ElementsAre(1));
}

TEST_F(DeadLettersTest, GoesOnBehindATornLetter) {
    std::filesystem::path file;
    {
        auto letters = open(*schema_);
        ASSERT_TRUE(letters->add({1, 1, "x"}, reading(1)));
        ASSERT_TRUE(letters->add({2, 1, "x"}, reading(2)));
        file = dir_.path() / "dead-letters" / "store.1.log";
    }
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 3);
    auto letters = open(*schema_);
    EXPECT_THAT(sequences(*letters), ElementsAre(1));
    ASSERT_TRUE(letters->add({3, 1, "x"}, reading(3)));
    EXPECT_THAT(sequences(*open(*schema_)), ElementsAre(1, 3));
}

TEST_F(DeadLettersTest, AnotherSchemaBeginsAnotherFile) {
    ASSERT_TRUE(open(*schema_)->add({1, 1, "x"}, reading(1)));
    const model::Schema wider({{"temperature", model::ColumnType::float64, true},
                               {"rpm", model::ColumnType::int64}});
    auto letters = open(wider);
    model::Batch batch(wider);
    test::add_reading(batch, "PUMP-A1-001", {2.0, std::int64_t{900}});
    ASSERT_TRUE(letters->add({2, 1, "x"}, batch));
    EXPECT_THAT(sequences(*letters), ElementsAre(1, 2));
    EXPECT_TRUE(std::filesystem::exists(dir_.path() / "dead-letters" / "store.2.log"));
}

}  // namespace
}  // namespace ingest::deliver
