#include <atomic>
#include <future>
#include <thread>

#include <unistd.h>

#include <gtest/gtest.h>

#include "base/mutex.h"
#include "spool/spool.h"
#include "support/temp_dir.h"
#include "unit/spool/readings.h"

namespace ingest::spool {
namespace {

using namespace std::chrono_literals;

Options small_options(const std::filesystem::path& dir) {
    Options options;
    options.dir = dir;
    options.segment_bytes = 64U << 10;
    options.memory_tail_bytes_max = 20000;
    options.record_rows_max = 50;
    options.cursor_sync_interval = 1ms;
    return options;
}

std::chrono::steady_clock::time_point soon() { return std::chrono::steady_clock::now() + 30s; }

// Reads and advances until it has seen `count` readings.
void drain(Spool& spool, const std::string& sink, std::uint64_t count,
           std::map<std::uint64_t, std::uint64_t>& got) {
    const auto cursor = spool.open_cursor(sink);
    ASSERT_TRUE(cursor);
    std::uint64_t at = cursor->position;
    const std::atomic<bool> stop = false;
    while (got.size() < count) {
        ASSERT_TRUE(spool.wait_beyond(at, soon(), stop));
        const auto run = spool.read(at, 120);
        ASSERT_TRUE(run);
        collect(*run, got);
        at = run->end;
        spool.advance(cursor->id, at);
    }
}

TEST(SpoolTest, ASinkThatLeftKeepsItsReadingsUntilItIsDropped) {
    const test::TempDir dir;
    const Options options = small_options(dir.path() / "spool");
    {
        auto spool = Spool::open(options, test_schema(), posix_files());
        ASSERT_TRUE(spool);
        ASSERT_TRUE((*spool)->open_cursor("stays"));
        ASSERT_TRUE((*spool)->open_cursor("left"));
    }
    auto spool = Spool::open(options, test_schema(), posix_files());
    ASSERT_TRUE(spool);
    ASSERT_TRUE((*spool)->open_cursor("stays"));
    EXPECT_FALSE((*spool)->drop_orphan("stays")) << "it is in use";
    EXPECT_FALSE((*spool)->drop_orphan("nobody"));
    EXPECT_EQ((*spool)->cursors().size(), 2U);
    EXPECT_TRUE((*spool)->drop_orphan("left"));
    EXPECT_EQ((*spool)->cursors().size(), 1U);
}

TEST(SpoolTest, ASinkThatLeavesMeanwhileKeepsItsReadingsToo) {
    const test::TempDir dir;
    auto spool = Spool::open(small_options(dir.path() / "spool"), test_schema(), posix_files());
    ASSERT_TRUE(spool);
    ASSERT_TRUE((*spool)->open_cursor("stays"));
    ASSERT_TRUE((*spool)->open_cursor("leaves"));
    (*spool)->close_cursor("leaves");
    EXPECT_FALSE((*spool)->cursors()[0].orphaned);
    EXPECT_TRUE((*spool)->cursors()[1].orphaned);
    const auto again = (*spool)->open_cursor("leaves");
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->created);
    EXPECT_FALSE((*spool)->cursors()[1].orphaned);
    (*spool)->close_cursor("leaves");
    EXPECT_TRUE((*spool)->drop_orphan("leaves"));
    (*spool)->close_cursor("nobody");
}

TEST(SpoolTest, ManySubmittersAndLanesAndARestart) {
    const test::TempDir dir;
    const Options options = small_options(dir.path() / "new" / "spool");
    constexpr std::uint64_t threads = 4;
    constexpr std::uint64_t per_thread = 300;
    constexpr std::uint64_t rows = 7;
    constexpr std::uint64_t total = threads * per_thread * rows;
    std::map<std::uint64_t, std::uint64_t> acknowledged;
    Mutex mutex;
    {
        auto spool = Spool::open(options, test_schema(), posix_files());
        ASSERT_TRUE(spool) << spool.error().message;
        ASSERT_TRUE((*spool)->open_cursor("fast"));
        ASSERT_TRUE((*spool)->open_cursor("late"));
        std::map<std::uint64_t, std::uint64_t> got;
        std::thread lane([&] { drain(**spool, "fast", total, got); });
        std::vector<std::thread> submitters;
        for (std::uint64_t t = 0; t < threads; ++t) {
            submitters.emplace_back([&, t] {
                for (std::uint64_t n = 0; n < per_thread; ++n) {
                    const std::uint64_t id = 1 + (t * per_thread + n) * rows;
                    (*spool)->submit(readings(id, rows), [&, id](Result<Range> range) {
                        ASSERT_TRUE(range);
                        const MutexLock lock(mutex);
                        for (std::uint64_t i = 0; i < rows; ++i) {
                            acknowledged[range->first + i] = id + i;
                        }
                    });
                }
            });
        }
        for (std::thread& thread : submitters) thread.join();
        lane.join();
        (*spool)->close();
        EXPECT_EQ(got, acknowledged);
        EXPECT_EQ(acknowledged.size(), total);
        EXPECT_EQ((*spool)->waiting_bytes(), 0U);
        EXPECT_EQ((*spool)->state(), State::closed);
        bool refused = false;
        (*spool)->submit(readings(1, 1), [&](Result<Range> range) { refused = !range; });
        EXPECT_TRUE(refused);
    }
    auto spool = Spool::open(options, test_schema(), posix_files());
    ASSERT_TRUE(spool);
    std::map<std::uint64_t, std::uint64_t> got;
    drain(**spool, "late", total, got);
    EXPECT_EQ(got, acknowledged);
    EXPECT_EQ((*spool)->open_cursor("fast")->position, total);
}

TEST(SpoolTest, ClosingCommitsAllThatWaitsHoweverManyGroupsThatTakes) {
    const test::TempDir dir;
    const auto spool = Spool::open(small_options(dir.path()), test_schema(), posix_files());
    ASSERT_TRUE(spool);
    std::promise<void> go_on;
    (*spool)->submit(readings(1, 1), [&](Result<Range>) { go_on.get_future().wait(); });
    std::atomic<int> acknowledged = 0;
    for (std::uint64_t n = 0; n < 10; ++n) {  // each is a group of its own by its size
        (*spool)->submit(readings(n * 200, 200), [&](Result<Range> range) {
            if (range) ++acknowledged;
        });
    }
    std::thread closing([&] { (*spool)->close(); });
    // Told at once when the spool is closing; until then it waits behind the rest.
    std::atomic<bool> refused = false;
    while (!refused) {
        (*spool)->submit(model::Batch(test_schema()), [&](Result<Range> range) {
            if (!range) refused = true;
        });
        std::this_thread::yield();
    }
    go_on.set_value();
    closing.join();
    EXPECT_EQ(acknowledged, 10);
    EXPECT_EQ((*spool)->end(), 2001U);
}

TEST(SpoolTest, ASecondOwnerIsToldWhoTheFirstIs) {
    const test::TempDir dir;
    const auto first = Spool::open(small_options(dir.path()), test_schema(), posix_files());
    ASSERT_TRUE(first);
    const auto second = Spool::open(small_options(dir.path()), test_schema(), posix_files());
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())),
              std::string::npos)
        << second.error().message;
}

TEST(SpoolTest, WaitingEndsByReadingsByStopAndByTime) {
    const test::TempDir dir;
    const auto spool = Spool::open(small_options(dir.path()), test_schema(), posix_files());
    ASSERT_TRUE(spool);
    std::atomic<bool> stop = false;
    EXPECT_FALSE((*spool)->wait_beyond(0, std::chrono::steady_clock::now(), stop));
    auto waiting = std::async(std::launch::async,
                              [&] { return (*spool)->wait_beyond(0, soon(), stop); });
    (*spool)->submit(readings(1, 1), [](Result<Range>) {});
    EXPECT_TRUE(waiting.get());
    waiting = std::async(std::launch::async,
                         [&] { return (*spool)->wait_beyond(1, soon(), stop); });
    stop = true;
    (*spool)->wake();
    EXPECT_FALSE(waiting.get());
    stop = false;
    waiting = std::async(std::launch::async,
                         [&] { return (*spool)->wait_beyond(1, soon(), stop); });
    (*spool)->close();
    EXPECT_FALSE(waiting.get());
}

TEST(SpoolTest, SegmentsGoWhileOthersCome) {
    const test::TempDir dir;
    Options options = small_options(dir.path());
    options.size_max = 8 * options.segment_bytes;
    const auto spool = Spool::open(options, test_schema(), posix_files());
    ASSERT_TRUE(spool);
    const auto cursor = (*spool)->open_cursor("sink");
    std::uint64_t at = 0;
    const std::atomic<bool> stop = false;
    for (std::uint64_t n = 0; n < 200; ++n) {
        std::promise<bool> done;
        (*spool)->submit(readings(n * 50, 50),
                         [&](Result<Range> range) { done.set_value(range.has_value()); });
        ASSERT_TRUE(done.get_future().get()) << n;
        ASSERT_TRUE((*spool)->wait_beyond(at, soon(), stop));
        at = (*spool)->read(at, 1000)->end;
        (*spool)->advance(cursor->id, at);
    }
    EXPECT_GT((*spool)->begin(), 0U);
    EXPECT_GT((*spool)->counters().segments_recycled, 0U);
}

}  // namespace
}  // namespace ingest::spool
