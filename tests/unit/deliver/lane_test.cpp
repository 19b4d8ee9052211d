#include <algorithm>
#include <array>
#include <fstream>
#include <future>
#include <iterator>

#include <gmock/gmock.h>

#include "deliver/dead_letter_office.h"
#include "spool/segment_head.h"
#include "unit/deliver/lane_fixture.h"

namespace ingest::deliver {
namespace {

using ::testing::ElementsAre;

TEST_F(LaneTest, DeliversEverythingInOrderWithOneWorker) {
    start(1);
    for (int i = 0; i < 10; ++i) append(7);
    drain();
    EXPECT_EQ(destination_.taken(), positions(0, 70));
    const LaneStatus status = lane_->status();
    EXPECT_EQ(status.delivered, 70U);
    EXPECT_EQ(status.waiting, 0U);
    EXPECT_EQ(status.cursor, 70U);
    EXPECT_TRUE(status.connected);
    EXPECT_EQ(cursor_seen_, 70U);
    EXPECT_EQ(destination_.flushes(), 1);
}

TEST_F(LaneTest, SeveralWorkersDeliverEverythingOnce) {
    start(4);
    for (int i = 0; i < 50; ++i) append(3);
    drain();
    EXPECT_EQ(sorted_taken(), positions(0, 150));
    EXPECT_EQ(lane_->status().cursor, 150U);
    EXPECT_EQ(destination_.flushes(), 4);
}

TEST_F(LaneTest, WaitsOutAnOutageInOrder) {
    std::atomic<bool> down{true};
    destination_.decide([&](const auto&, std::string& message) {
        message = "no connection";
        return down ? INGEST_RETRY : INGEST_OK;
    });
    start(1);
    append(25);
    ASSERT_TRUE(comes_true([&] { return lane_->status().retries >= 3; }));
    LaneStatus status = lane_->status();
    EXPECT_FALSE(status.connected);
    EXPECT_EQ(status.waiting, 25U);
    EXPECT_EQ(status.last_error, "no connection");
    down = false;
    drain();
    EXPECT_EQ(destination_.taken(), positions(0, 25));
    status = lane_->status();
    EXPECT_EQ(status.dead_lettered, 0U) << "an outage is never dead-lettered";
    EXPECT_THAT(live_, ElementsAre(false, true));
}

// Also of a write with a single reading, and whatever else a sink says but "reject".
TEST_F(LaneTest, OnlyARefusalMakesADeadLetter) {
    constexpr std::array codes{INGEST_RETRY, INGEST_TIMEOUT, INGEST_FATAL, INGEST_INTERNAL,
                               INGEST_CONFIG, INGEST_UNSUPPORTED};
    std::atomic<std::size_t> tries{0};
    destination_.decide([&](const std::vector<std::uint64_t>& rows, std::string&) {
        if (rows.empty() || tries >= 3 * codes.size()) return INGEST_OK;
        return codes[tries++ % codes.size()];
    });
    start(1, 1);
    append(3);
    drain();
    EXPECT_EQ(destination_.taken(), positions(0, 3));
    EXPECT_EQ(tries, 3 * codes.size());
    EXPECT_EQ(lane_->status().dead_lettered, 0U);
    EXPECT_FALSE(std::filesystem::exists(dir_.path() / "dead-letters" / "store.1.log"));
}

TEST_F(LaneTest, OneWorkerAtATimeTriesWhileTheSinkIsDown) {
    std::atomic<bool> down{false};
    std::atomic<int> at_once{0};
    std::atomic<int> most{0};
    std::atomic<int> failed{0};
    destination_.decide([&](const auto&, std::string&) {
        if (!down) return INGEST_OK;
        const int now = ++at_once;
        most = std::max<int>(most, now);
        std::this_thread::yield();
        ++failed;
        --at_once;
        return INGEST_RETRY;
    });
    start(4, 1);
    ASSERT_TRUE(comes_true([&] { return lane_->status().connected; }));
    down = true;
    append(1);
    ASSERT_TRUE(comes_true([&] { return lane_->status().retries >= 1; }));
    for (int i = 0; i < 7; ++i) append(1);
    ASSERT_TRUE(comes_true([&] { return failed > 30; }));
    EXPECT_EQ(most, 1);
    down = false;
    drain();
    EXPECT_EQ(sorted_taken(), positions(0, 8));
}

TEST_F(LaneTest, FindsTheOneReadingThatTheSinkRefuses) {
    destination_.decide([](const std::vector<std::uint64_t>& rows, std::string& message) {
        message = "23514: too hot";
        return std::ranges::count(rows, 13) > 0 ? INGEST_REJECT : INGEST_OK;
    });
    start(1, 1000);
    append(100);
    drain();
    auto expected = positions(0, 100);
    expected.erase(expected.begin() + 13);
    EXPECT_EQ(destination_.taken(), expected);
    const LaneStatus status = lane_->status();
    EXPECT_EQ(status.delivered, 99U);
    EXPECT_EQ(status.dead_lettered, 1U);
    EXPECT_EQ(status.cursor, 100U);
    EXPECT_LT(destination_.writes(), 20) << "it halves, it does not try one by one";

    std::vector<std::pair<DeadLetter, double>> letters;
    const DeadLetterOffice office(dir_.path(), "store", spool::posix_files());
    ASSERT_TRUE(office.for_each([&](const DeadLetter& letter, const model::Batch& reading) {
        letters.emplace_back(letter, reading.float64(model::column_first_field, 0));
        return true;
    }));
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].first.sequence, 13U);
    EXPECT_EQ(letters[0].first.reason, "23514: too hot");
    EXPECT_EQ(letters[0].second, 13.0);
    EXPECT_EQ(std::ranges::count(settled_, false, &std::pair<spool::Range, bool>::second), 1);
}

TEST_F(LaneTest, AllMayBeRefused) {
    destination_.decide([](const auto& rows, std::string&) {
        return rows.empty() ? INGEST_OK : INGEST_REJECT;
    });
    start(2);
    append(20);
    drain();
    EXPECT_TRUE(destination_.taken().empty());
    EXPECT_EQ(lane_->status().dead_lettered, 20U);
    EXPECT_EQ(lane_->status().waiting, 0U);
}

TEST_F(LaneTest, AnOutageInTheMiddleOfHalvingLosesNothing) {
    std::atomic<int> calls{0};
    destination_.decide([&](const std::vector<std::uint64_t>& rows, std::string&) {
        if (++calls % 3 == 0) return INGEST_RETRY;
        return std::ranges::count(rows, 5) > 0 ? INGEST_REJECT : INGEST_OK;
    });
    start(1, 1000);
    append(16);
    drain();
    auto expected = positions(0, 16);
    expected.erase(expected.begin() + 5);
    EXPECT_EQ(destination_.taken(), expected);
    EXPECT_EQ(lane_->status().dead_lettered, 1U);
}

TEST_F(LaneTest, StopsAtTheDeadlineAndGoesOnWhereItStood) {
    std::atomic<bool> down{false};
    destination_.decide([&](const auto&, std::string&) { return down ? INGEST_FATAL : INGEST_OK; });
    start(2);
    append(10);
    ASSERT_TRUE(comes_true([&] { return lane_->status().cursor == 10; }));
    down = true;
    append(30);
    lane_->request_stop(std::chrono::steady_clock::now() + 50ms);
    lane_->join();
    EXPECT_EQ(lane_->status().waiting, 30U);
    lane_.reset();
    spool_.reset();

    down = false;
    open();
    start(1);
    drain();
    EXPECT_EQ(sorted_taken(), positions(0, 40));
}

TEST_F(LaneTest, ASinkThatIsDownKeepsNobodyWhenNothingWaits) {
    destination_.decide([](const auto&, std::string&) { return INGEST_RETRY; });
    start(2);
    ASSERT_TRUE(comes_true([&] { return lane_->status().retries >= 1; }));
    lane_->request_stop(std::chrono::steady_clock::now() + 1h);
    auto joined = std::async(std::launch::async, [&] { lane_->join(); });
    EXPECT_EQ(joined.wait_for(patience), std::future_status::ready);
    lane_->request_stop(std::chrono::steady_clock::now());
}

TEST_F(LaneTest, StoppingTriesADownSinkAtOnceAndDeliversWhatWaits) {
    std::atomic<bool> down{true};
    destination_.decide([&](const auto&, std::string&) { return down ? INGEST_RETRY : INGEST_OK; });
    start(3, 10, {1h, 1h});
    ASSERT_TRUE(comes_true([&] { return lane_->status().retries >= 1; }));
    append(25);
    down = false;
    drain();
    EXPECT_EQ(sorted_taken(), positions(0, 25));
}

TEST_F(LaneTest, TellsWhenAnOutageTurnsIntoWorkForSomebody) {
    std::atomic<std::int32_t> code{INGEST_RETRY};
    destination_.decide([&](const auto&, std::string& message) {
        message = code == INGEST_RETRY ? "no connection" : "no such table";
        return code.load();
    });
    ::testing::internal::CaptureStdout();
    start(1);
    ASSERT_TRUE(comes_true([&] { return lane_->status().retries >= 2; }));
    code = INGEST_FATAL;
    const auto before = lane_->status().retries;
    ASSERT_TRUE(comes_true([&] { return lane_->status().retries >= before + 3; }));
    lane_.reset();
    const std::string log = ::testing::internal::GetCapturedStdout();
    const auto down = log.find("a sink is down");
    const auto fatal = log.find("cannot work until somebody acts");
    EXPECT_LT(down, fatal);
    ASSERT_NE(fatal, std::string::npos) << log;
    EXPECT_EQ(log.find("a sink is down", down + 1), std::string::npos) << "once each: " << log;
    EXPECT_EQ(log.find("cannot work", fatal + 1), std::string::npos) << "once each: " << log;
}

TEST_F(LaneTest, TheLedgerHoldsWhileAWorkerLagsBehind) {
    std::promise<void> release;
    const auto released = release.get_future().share();
    destination_.decide([released](const std::vector<std::uint64_t>& rows, std::string&) {
        if (std::ranges::count(rows, 0) > 0) released.wait();
        return INGEST_OK;
    });
    start(2, 1);
    for (int i = 0; i < 6; ++i) append(1);
    EXPECT_TRUE(comes_true([&] { return lane_->status().delivered == 5; }));
    EXPECT_EQ(lane_->status().waiting, 1U);
    EXPECT_EQ(lane_->status().cursor, 0U) << "never over a gap";
    release.set_value();
    drain();
    EXPECT_EQ(lane_->status().delivered, 6U);
    EXPECT_EQ(lane_->status().waiting, 0U);
}

TEST_F(LaneTest, TheLedgerHoldsInEveryAnswer) {
    destination_.decide([](const std::vector<std::uint64_t>& rows, std::string&) {
        const auto bad = [](std::uint64_t row) { return row % 10 == 3; };
        return std::ranges::any_of(rows, bad) ? INGEST_REJECT : INGEST_OK;
    });
    append(5);  // before the sink is known: not its own
    start(3);
    append(20);
    drain();
    lane_.reset();
    append(30);  // waits for it at its next start
    start(3);
    const auto check = [this] {
        const LaneStatus now = lane_->status();
        EXPECT_EQ(now.accepted, now.delivered + now.waiting + now.dead_lettered + now.lost);
        return now;
    };
    std::atomic<bool> appended{false};
    auto appending = std::async(std::launch::async, [&] {
        for (int i = 0; i < 60; ++i) append(7);
        appended = true;
    });
    while (!appended) check();
    drain();
    const LaneStatus last = check();
    EXPECT_EQ(last.accepted, 30U + 60 * 7);
    EXPECT_EQ(last.waiting, 0U);
    EXPECT_EQ(last.lost, 0U);
    EXPECT_EQ(last.dead_lettered, 45U);
}

TEST_F(LaneTest, DamagedReadingsAreLostAndNothingElseIs) {
    start(1);
    lane_->request_stop(std::chrono::steady_clock::now(), Backlog::leave);
    lane_.reset();
    for (int i = 0; i < 5; ++i) append(4);
    spool_.reset();
    const auto path = dir_.path() / "spool" / spool::segment_name(0);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(file), {});
    std::size_t record = 0;  // the third
    for (int i = 0; i < 3; ++i) record = bytes.find("ICRD", record + 1);
    ASSERT_NE(record, std::string::npos);
    file.seekp(static_cast<std::streamoff>(record) + 60);
    file.write("damage", 6);
    file.close();
    open();
    start(1, 1000);
    EXPECT_EQ(lane_->status().accepted, 20U);
    drain();
    const LaneStatus status = lane_->status();
    EXPECT_EQ(status.delivered, 16U);
    EXPECT_EQ(status.lost, 4U);
    EXPECT_EQ(status.waiting, 0U);
    EXPECT_EQ(status.accepted, 20U);
}

TEST_F(LaneTest, ABacklogThatIsLeftIsTheNextOnes) {
    std::promise<void> writing;
    std::promise<void> release;
    std::atomic<bool> first{true};
    auto released = release.get_future().share();
    destination_.decide([&, released](const std::vector<std::uint64_t>& rows, std::string&) {
        if (!rows.empty() && first.exchange(false)) {
            writing.set_value();
            released.wait();
        }
        return INGEST_OK;
    });
    start(1, 4);
    for (int i = 0; i < 5; ++i) append(4);
    writing.get_future().wait();
    lane_->request_stop(std::chrono::steady_clock::now() + patience, Backlog::leave);
    release.set_value();
    lane_->join();
    EXPECT_EQ(destination_.taken(), positions(0, 4)) << "the write under way, and no other";
    EXPECT_EQ(lane_->status().waiting, 16U);
}

TEST_F(LaneTest, ADownSinkIsNotTriedAgainForABacklogThatIsLeft) {
    destination_.decide([](const auto&, std::string&) { return INGEST_RETRY; });
    start(2, 10, {1h, 1h});
    append(25);
    ASSERT_TRUE(comes_true([&] { return lane_->status().retries >= 1; }));
    lane_->request_stop(std::chrono::steady_clock::now() + 1h, Backlog::leave);
    auto joined = std::async(std::launch::async, [&] { lane_->join(); });
    EXPECT_EQ(joined.wait_for(patience), std::future_status::ready);
    EXPECT_EQ(lane_->status().waiting, 25U);
}

TEST_F(LaneTest, AFloodOfDeadLettersIsNoFloodOfLines) {
    destination_.decide([](const auto& rows, std::string&) {
        return rows.empty() ? INGEST_OK : INGEST_REJECT;
    });
    ::testing::internal::CaptureStdout();
    start(1, 1000);
    append(100);
    drain();
    const std::string log = ::testing::internal::GetCapturedStdout();
    int lines = 0;
    for (auto at = log.find("dead letter"); at != std::string::npos;
         at = log.find("dead letter", at + 1)) {
        ++lines;
    }
    EXPECT_EQ(lines, 7) << "1, 2, 4 ... 64";
}

TEST_F(LaneTest, ProbesAnIdleSinkWhenAskedTo) {
    start(1);
    ASSERT_TRUE(comes_true([&] { return lane_->status().connected; }))
        << "the first comes by itself";
    EXPECT_EQ(destination_.writes(), 1);
    lane_->ask_probe();
    EXPECT_EQ(destination_.writes(), 1) << "not within the probe interval";
}

TEST_F(LaneTest, AWriteThatDoesNotReturnMakesTheSinkDisconnectedUntilItDoes) {
    std::promise<void> release;
    std::atomic<bool> hangs{false};
    destination_.decide([&](const auto& rows, std::string&) {
        if (!rows.empty() && !hangs.exchange(true)) release.get_future().wait();
        return INGEST_OK;
    });
    call_patience_ = 1ms;
    start(2);
    // Else nothing but the overdue call could make it so.
    ASSERT_TRUE(comes_true([&] { return lane_->status().connected; }));
    append(3);
    ASSERT_TRUE(comes_true([&] { return hangs && !lane_->status().connected; }));
    EXPECT_EQ(lane_->status().retries, 0U);
    release.set_value();
    ASSERT_TRUE(comes_true([&] { return lane_->status().connected; }));
    drain();
    EXPECT_EQ(destination_.taken(), positions(0, 3));
}

}  // namespace
}  // namespace ingest::deliver
