#include "deliver/replay.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "unit/deliver/fake_sink.h"
#include "unit/deliver/letters.h"

namespace ingest::deliver {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class ReplayTest : public ::testing::Test {
protected:
    ReplayTest() : schema_(test::sensor_schema()), sink_(destination_.instance()) {}

    // Letters at these positions of the log.
    Result<void> replay(const std::vector<std::uint64_t>& positions) {
        std::vector<ReplayedLetter> letters;
        for (const std::uint64_t position : positions) {
            letters.push_back({letter_of(position), std::make_shared<const model::Batch>(reading_of(
                                                        *schema_, static_cast<double>(position)))});
        }
        Replay::Events events;
        events.stored = [this](std::span<const ReplayedLetter> part) -> Result<void> {
            if (fail_to_settle_) return Error{"the disk is gone"};
            for (const ReplayedLetter& letter : part) stored_.push_back(letter.id.sequence);
            return {};
        };
        events.refused = [this](const ReplayedLetter& letter, const std::string& reason) {
            refused_.emplace_back(letter.id.sequence, reason);
        };
        return Replay(*sink_, 1s, events).write(letters);
    }
    void refuse(std::uint64_t bad) {
        destination_.decide([bad](const std::vector<std::uint64_t>& rows, std::string& message) {
            message = "23514";
            return std::ranges::count(rows, bad) > 0 ? INGEST_REJECT : INGEST_OK;
        });
    }

    std::unique_ptr<model::Schema> schema_;
    FakeDestination destination_;
    std::unique_ptr<plugin::Sink> sink_;
    std::vector<std::uint64_t> stored_;
    std::vector<std::pair<std::uint64_t, std::string>> refused_;
    bool fail_to_settle_ = false;
};

TEST_F(ReplayTest, WritesAllAtOnce) {
    ASSERT_TRUE(replay({5, 90, 7, 7000}));
    EXPECT_THAT(destination_.taken(), ElementsAre(5, 90, 7, 7000));
    EXPECT_THAT(stored_, ElementsAre(5, 90, 7, 7000));
    EXPECT_EQ(destination_.writes(), 1);
}

TEST_F(ReplayTest, NothingIsNoWrite) {
    ASSERT_TRUE(replay({}));
    EXPECT_EQ(destination_.writes(), 0);
}

TEST_F(ReplayTest, OnlyWhatIsStillRefusedStays) {
    refuse(4);
    ASSERT_TRUE(replay({1, 2, 3, 4, 5, 6, 7}));
    EXPECT_THAT(destination_.taken(), ElementsAre(1, 2, 3, 5, 6, 7));
    EXPECT_THAT(stored_, ElementsAre(1, 2, 3, 5, 6, 7));
    EXPECT_THAT(refused_, ElementsAre(std::pair(4, "23514")));
}

TEST_F(ReplayTest, StopsWhenTheSinkIsDownAndTellsWhatItHas) {
    destination_.decide([&](const std::vector<std::uint64_t>& rows, std::string& message) {
        message = "no connection";
        if (rows.size() == 4) return INGEST_REJECT;
        return std::ranges::count(rows, 3) > 0 ? INGEST_RETRY : INGEST_OK;
    });
    const auto done = replay({1, 2, 3, 4});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "no connection");
    EXPECT_THAT(stored_, ElementsAre(1, 2));
    EXPECT_TRUE(refused_.empty()) << "an outage is no refusal";
}

TEST_F(ReplayTest, StopsWhenItCannotBeNotedWhatWasStored) {
    fail_to_settle_ = true;
    destination_.decide([](const std::vector<std::uint64_t>& rows, std::string&) {
        return rows.size() > 1 ? INGEST_REJECT : INGEST_OK;
    });
    EXPECT_FALSE(replay({1, 2}));
    EXPECT_THAT(destination_.taken(), ElementsAre(1)) << "no more than has to be written again";
}

}  // namespace
}  // namespace ingest::deliver
