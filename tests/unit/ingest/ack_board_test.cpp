#include "ingest/ack_board.h"

#include <future>
#include <optional>

#include <gmock/gmock.h>

namespace ingest::intake {
namespace {

using namespace std::chrono_literals;
using spool::Range;
using ::testing::Optional;

// What one range was answered, and how often.
struct Answer {
    std::optional<Ack> ack;
    int times = 0;
    AckBoard::Done done() {
        return [this](Ack given) {
            ack = given;
            ++times;
        };
    }
};

constexpr auto never = std::chrono::milliseconds(std::chrono::hours(1));

TEST(AckBoard, StoredWhenTheLaneSettledAllOfIt) {
    AckBoard board({never}, {100, 100});
    Answer answer;
    board.expect({100, 110}, answer.done());
    board.settled({100, 104}, true, 104);
    EXPECT_EQ(answer.times, 0);
    board.settled({104, 120}, true, 120);
    EXPECT_THAT(answer.ack, Optional(Ack::stored));
    EXPECT_EQ(answer.times, 1);
}

TEST(AckBoard, OrderOfSettlingDoesNotMatter) {
    AckBoard board({never}, {0, 0});
    Answer first;
    Answer second;
    board.expect({0, 10}, first.done());
    board.expect({10, 20}, second.done());
    board.settled({5, 20}, true, 0);
    EXPECT_EQ(first.times, 0);
    EXPECT_THAT(second.ack, Optional(Ack::stored));
    board.settled({0, 5}, true, 20);
    EXPECT_THAT(first.ack, Optional(Ack::stored));
}

TEST(AckBoard, TheLaneMayBeFasterThanTheCommitter) {
    AckBoard board({never}, {0, 0});
    board.settled({0, 15}, true, 15);
    Answer first;
    Answer second;
    board.expect({0, 10}, first.done());
    EXPECT_THAT(first.ack, Optional(Ack::stored));
    board.expect({10, 20}, second.done());
    EXPECT_EQ(second.times, 0);
    board.settled({15, 20}, true, 20);
    EXPECT_THAT(second.ack, Optional(Ack::stored));
}

TEST(AckBoard, ADeadLetterIsNotStored) {
    AckBoard board({never}, {0, 0});
    Answer with;
    Answer without;
    board.expect({0, 10}, with.done());
    board.expect({10, 20}, without.done());
    board.settled({0, 3}, true, 3);
    board.settled({3, 4}, false, 4);
    board.settled({4, 20}, true, 20);
    EXPECT_THAT(with.ack, Optional(Ack::spooled));
    EXPECT_THAT(without.ack, Optional(Ack::stored));
}

TEST(AckBoard, AnEarlyDeadLetterCountsForItsRangeOnly) {
    AckBoard board({never}, {0, 0});
    board.settled({4, 5}, false, 0);
    board.settled({0, 4}, true, 5);
    board.settled({5, 20}, true, 20);
    Answer with;
    Answer without;
    board.expect({0, 10}, with.done());
    board.expect({10, 20}, without.done());
    EXPECT_THAT(with.ack, Optional(Ack::spooled));
    EXPECT_THAT(without.ack, Optional(Ack::stored));
}

TEST(AckBoard, NobodyWaitsForASinkThatIsDown) {
    AckBoard board({never}, {0, 0});
    Answer before;
    Answer during;
    Answer after;
    board.expect({0, 10}, before.done());
    board.set_live(false);
    EXPECT_THAT(before.ack, Optional(Ack::spooled));
    board.expect({10, 20}, during.done());
    EXPECT_THAT(during.ack, Optional(Ack::spooled));
    board.set_live(true);
    board.expect({20, 30}, after.done());
    EXPECT_EQ(after.times, 0);
    board.settled({0, 30}, true, 30);
    EXPECT_THAT(after.ack, Optional(Ack::stored));
    EXPECT_EQ(before.times + during.times + after.times, 3) << "each is answered once";
}

TEST(AckBoard, NobodyWaitsForASinkThatIsFarBehind) {
    Answer near;
    Answer far;
    AckBoard board({never, 50}, {0, 0});
    board.expect({50, 60}, near.done());
    board.expect({60, 70}, far.done());
    EXPECT_EQ(near.times, 0);
    EXPECT_THAT(far.ack, Optional(Ack::spooled));
}

TEST(AckBoard, NobodyWaitsForASinkThatStartsWithABacklog) {
    Answer far;
    Answer near;
    AckBoard board({never, 50}, {1000, 2000});
    board.expect({2000, 2010}, far.done());
    EXPECT_THAT(far.ack, Optional(Ack::spooled));
    board.settled({1000, 1990}, true, 1990);
    board.expect({2010, 2020}, near.done());
    EXPECT_EQ(near.times, 0);
    board.settled({1990, 2020}, true, 2020);
    EXPECT_THAT(near.ack, Optional(Ack::stored));
}

TEST(AckBoard, TheTimerWakesForWhoeverComesLater) {
    AckBoard board({5ms}, {0, 0});
    for (std::uint64_t i = 0; i < 10; ++i) {
        // The first leaves the timer on its way to a deadline that nobody needs any more.
        std::promise<Ack> settled;
        std::promise<Ack> timed_out;
        board.expect({2 * i, 2 * i + 1}, [&](Ack ack) { settled.set_value(ack); });
        board.settled({2 * i, 2 * i + 1}, true, 2 * i + 1);
        board.expect({2 * i + 1, 2 * i + 2}, [&](Ack ack) { timed_out.set_value(ack); });
        settled.get_future().get();
        EXPECT_EQ(timed_out.get_future().get(), Ack::spooled);
        board.settled({2 * i + 1, 2 * i + 2}, true, 2 * i + 2);
    }
}

TEST(AckBoard, ASinkThatAnswersNothingIsNotWaitedForTwice) {
    AckBoard board({1ms}, {0, 0});
    std::promise<Ack> timed_out;
    board.expect({0, 10}, [&](Ack ack) { timed_out.set_value(ack); });
    EXPECT_EQ(timed_out.get_future().get(), Ack::spooled);
    Answer next;
    board.expect({10, 20}, next.done());
    EXPECT_THAT(next.ack, Optional(Ack::spooled));
    board.settled({0, 10}, true, 10);
    EXPECT_TRUE(board.would_wait());
}

TEST(AckBoard, ClosingAnswersEveryone) {
    Answer waiting;
    Answer late;
    {
        AckBoard board({never}, {0, 0});
        board.expect({0, 10}, waiting.done());
        board.close();
        EXPECT_THAT(waiting.ack, Optional(Ack::spooled));
        board.expect({10, 20}, late.done());
        EXPECT_THAT(late.ack, Optional(Ack::spooled));
    }
    EXPECT_EQ(waiting.times, 1);
}

}  // namespace
}  // namespace ingest::intake
