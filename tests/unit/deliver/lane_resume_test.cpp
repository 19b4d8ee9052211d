#include <atomic>
#include <condition_variable>

#include <gmock/gmock.h>

#include "unit/deliver/lane_fixture.h"

namespace ingest::deliver {
namespace {

using ::testing::ElementsAre;

class LaneResumeTest : public LaneTest {
protected:
    void stop(Backlog backlog = Backlog::leave) {
        lane_->request_stop(std::chrono::steady_clock::now() + patience, backlog);
    }
    void resume(unsigned workers, std::int64_t rows_max = 10, LaneEvents events = {}) {
        Lane::Instances instances;
        for (unsigned i = 0; i < workers; ++i) instances.push_back(next_.instance());
        LaneOptions options;
        options.name = "store";
        options.write_rows_max = rows_max;
        options.retry = {1ms, 5ms};
        former_ = lane_->resume(options, std::move(instances), std::move(events));
    }

    FakeDestination next_;
    Lane::Instances former_;
};

TEST_F(LaneResumeTest, GoesOnWhereTheFormerInstancesEnded) {
    start(2);
    append(30);
    ASSERT_TRUE(comes_true([&] { return lane_->status().delivered == 30; }));
    stop();
    append(20);
    resume(1);
    EXPECT_EQ(former_.size(), 2U);
    append(5);
    drain();
    EXPECT_EQ(sorted_taken(), positions(0, 30));
    EXPECT_EQ(next_.taken(), positions(30, 55));
    const LaneStatus status = lane_->status();
    EXPECT_EQ(status.accepted, 55U);
    EXPECT_EQ(status.delivered, 55U);
    EXPECT_EQ(status.cursor, 55U);
    EXPECT_EQ(destination_.flushes(), 2) << "the former ones came to an end";
}

// Two workers: the one with the first readings gets nowhere, the other one writes those behind.
TEST_F(LaneResumeTest, WritesNothingAgainThatIsSettledBehindAGap) {
    std::promise<void> begun;
    std::promise<void> release;
    destination_.decide([&](const auto& rows, std::string&) {
        if (rows.empty() || rows.front() != 0) return INGEST_OK;
        begun.set_value();
        release.get_future().wait();
        return INGEST_RETRY;
    });
    start(2, 10, {1h, 1h});
    append(10);
    begun.get_future().wait();
    append(10);
    append(10);
    ASSERT_TRUE(comes_true([&] { return lane_->status().delivered == 20; }));
    stop();
    release.set_value();
    resume(1, 100);
    append(3);
    drain();
    std::vector<std::uint64_t> expected = positions(0, 10);
    for (const std::uint64_t position : positions(30, 33)) expected.push_back(position);
    EXPECT_EQ(next_.taken(), expected);
    EXPECT_EQ(sorted_taken(), positions(10, 30));
    const LaneStatus status = lane_->status();
    EXPECT_EQ(status.accepted, 33U);
    EXPECT_EQ(status.delivered, 33U);
    EXPECT_EQ(status.waiting, 0U);
    EXPECT_EQ(status.cursor, 33U);
    EXPECT_EQ(spool_->cursors().front().position, 33U);
}

TEST_F(LaneResumeTest, AnOutageIsTheFormerInstances) {
    destination_.decide([](const auto&, std::string& message) {
        message = "gone";
        return INGEST_RETRY;
    });
    start(2, 10, {1h, 1h});
    append(15);
    ASSERT_TRUE(comes_true([&] { return lane_->status().retries >= 1; }));
    EXPECT_FALSE(lane_->status().connected);
    stop();
    std::vector<bool> live;
    std::mutex mutex;
    LaneEvents events;
    events.live = [&](bool is) {
        const std::lock_guard lock(mutex);
        live.push_back(is);
    };
    resume(1, 10, events);
    ASSERT_TRUE(comes_true([&] { return lane_->status().delivered == 15; }));
    EXPECT_TRUE(lane_->status().connected);
    EXPECT_EQ(lane_->status().last_error, "");
    drain();
    const std::lock_guard lock(mutex);
    EXPECT_THAT(live, ElementsAre(true));
    EXPECT_THAT(live_, ElementsAre(false));
}

TEST_F(LaneResumeTest, StaysConnectedUntilTheNewInstancesKnowBetter) {
    start(1);
    append(1);
    ASSERT_TRUE(comes_true([&] { return lane_->status().connected; }));
    stop();
    std::promise<void> asked;
    std::promise<void> release;
    std::atomic<bool> first{true};
    next_.decide([&](const auto&, std::string&) {
        if (first.exchange(false)) {
            asked.set_value();
            release.get_future().wait();
        }
        return INGEST_RETRY;
    });
    resume(1);
    asked.get_future().wait();
    EXPECT_TRUE(lane_->status().connected) << "nothing is known yet";
    release.set_value();
    EXPECT_TRUE(comes_true([&] { return !lane_->status().connected; }));
}

TEST_F(LaneResumeTest, DeliversWhatCameSoFarAndNoMore) {
    std::mutex mutex;
    std::condition_variable released;
    bool hold = true;
    destination_.decide([&](const auto& rows, std::string&) {
        std::unique_lock lock(mutex);
        released.wait(lock, [&] { return rows.empty() || !hold; });
        return INGEST_OK;
    });
    start(1, 10);
    append(7);
    append(8);
    stop(Backlog::deliver_so_far);
    append(20);
    {
        const std::lock_guard lock(mutex);
        hold = false;
    }
    released.notify_all();
    lane_->join();
    EXPECT_EQ(destination_.taken(), positions(0, 15));
    EXPECT_EQ(lane_->status().waiting, 20U);
}

}  // namespace
}  // namespace ingest::deliver
