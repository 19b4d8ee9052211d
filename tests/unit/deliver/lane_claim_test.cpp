#include <gmock/gmock.h>

#include "unit/deliver/lane_fixture.h"

// How many readings a lane lets gather before it begins a write.
namespace ingest::deliver {
namespace {

using ::testing::ElementsAre;

using Clock = std::chrono::steady_clock;

class LaneClaimTest : public LaneTest {
protected:
    LaneClaimTest() {
        destination_.decide([this](const std::vector<std::uint64_t>& rows, std::string&) {
            if (rows.empty()) return INGEST_OK;  // a probe
            std::unique_lock lock(writing_);
            sizes_.push_back(rows.size());
            const bool first = sizes_.size() == 1;
            changed_.wait(lock, [&] { return !first || !first_hangs_; });
            return INGEST_OK;
        });
    }
    ~LaneClaimTest() override {
        release();
        lane_.reset();  // before what its writes use
    }

    void start_with(unsigned workers, std::chrono::milliseconds write_interval) {
        start(workers, 1000, {1ms, 5ms}, write_interval);
    }
    // The first write with readings does not end before release().
    void let_first_hang() { first_hangs_ = true; }
    void release() {
        {
            const std::lock_guard lock(writing_);
            first_hangs_ = false;
        }
        changed_.notify_all();
    }
    // Readings in each write that has begun.
    std::vector<std::size_t> sizes() {
        const std::lock_guard lock(writing_);
        return sizes_;
    }
    void write_one() {
        append(1);
        ASSERT_TRUE(comes_true([&] { return sizes().size() == 1; }));
    }

private:
    std::mutex writing_;
    std::condition_variable changed_;
    std::vector<std::size_t> sizes_;
    bool first_hangs_ = false;
};

TEST_F(LaneClaimTest, FewReadingsWaitForTheIntervalAndManyDoNot) {
    start_with(1, 1h);
    write_one();
    for (int i = 0; i < 256; ++i) append(1);  // which takes longer than any other patience
    ASSERT_TRUE(comes_true([&] { return destination_.taken().size() == 257; }));
    EXPECT_THAT(sizes(), ElementsAre(1, 256));
}

TEST_F(LaneClaimTest, StoppingDeliversTheFewAtOnce) {
    start_with(1, 1h);
    write_one();
    for (int i = 0; i < 200; ++i) append(1);
    drain();
    EXPECT_EQ(destination_.taken(), positions(0, 201));
    EXPECT_THAT(sizes(), ElementsAre(1, 200));
}

TEST_F(LaneClaimTest, ManyReadingsAreWrittenBesideAWriteThatHangs) {
    let_first_hang();
    start_with(2, 1h);  // so that it is their number alone that begins the second write
    write_one();
    append(300);
    ASSERT_TRUE(comes_true([&] { return destination_.taken() == positions(1, 301); }));
    release();
    drain();
    EXPECT_EQ(sorted_taken(), positions(0, 301));
}

TEST_F(LaneClaimTest, AWriteThatHangsDoesNotKeepFewReadingsForEver) {
    let_first_hang();
    start_with(2, 0ms);
    write_one();
    append(3);
    ASSERT_TRUE(comes_true([&] { return destination_.taken() == positions(1, 4); }));
    release();
    drain();
    EXPECT_EQ(sorted_taken(), positions(0, 4));
}

TEST_F(LaneClaimTest, FewReadingsGatherWhileAWriteHangs) {
    constexpr auto gathers = 20ms;  // what lane_claim.cpp calls patience
    let_first_hang();
    start_with(2, 0ms);
    write_one();
    const auto begin = Clock::now();
    for (int i = 0; i < 200; ++i) append(1);
    const std::size_t writes = sizes().size();
    const auto turns = static_cast<std::size_t>((Clock::now() - begin) / gathers);
    // The first, one whose readings gathered before, and one in each turn.
    EXPECT_LE(writes, turns + 2);
}

}  // namespace
}  // namespace ingest::deliver
