#pragma once

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "deliver/lane.h"
#include "support/batches.h"
#include "support/temp_dir.h"
#include "unit/deliver/fake_sink.h"

namespace ingest::deliver {

using namespace std::chrono_literals;

inline constexpr auto patience = 20s;

// A lane from a spool on disk to a destination that the test steers.
class LaneTest : public ::testing::Test {
protected:
    LaneTest() : schema_(test::sensor_schema()) { open(); }
    ~LaneTest() override {
        lane_.reset();
        spool_.reset();
    }

    void open() {
        spool::Options options;
        options.dir = dir_.path() / "spool";
        options.segment_bytes = 1 << 20;
        auto opened = spool::Spool::open(options, *schema_, spool::posix_files());
        ASSERT_TRUE(opened) << opened.error().message;
        spool_ = std::move(*opened);
        auto letters = DeadLetters::open(dir_.path() / "dead-letters", "store", *schema_,
                                         spool::posix_files());
        ASSERT_TRUE(letters) << letters.error().message;
        letters_ = std::move(*letters);
    }

    void start(unsigned workers, std::int64_t rows_max = 10, RetryOptions retry = {1ms, 5ms},
               std::chrono::milliseconds write_interval = 0ms) {
        std::vector<std::unique_ptr<plugin::Sink>> instances;
        for (unsigned i = 0; i < workers; ++i) instances.push_back(destination_.instance());
        LaneOptions options;
        options.name = "store";
        options.write_rows_max = rows_max;
        options.write_interval = write_interval;
        options.call_patience = call_patience_;
        options.retry = retry;
        LaneEvents events;
        events.settled = [this](spool::Range range, bool stored, std::uint64_t cursor) {
            const std::lock_guard lock(mutex_);
            settled_.push_back({range, stored});
            cursor_seen_ = std::max(cursor_seen_, cursor);
        };
        events.live = [this](bool live) {
            const std::lock_guard lock(mutex_);
            live_.push_back(live);
        };
        lane_ = std::make_unique<Lane>(options, *spool_, *letters_, std::move(instances), events);
        const auto started = lane_->start();
        ASSERT_TRUE(started) << started.error().message;
    }

    // Readings in the log, one record a group; returns when they are durable.
    void append(int readings) {
        model::Batch batch(*schema_);
        for (int i = 0; i < readings; ++i)
            test::add_reading(batch, "PUMP-A1-001", {1.0 * i, 0.5, 1.0});
        std::promise<void> durable;
        spool_->submit(std::move(batch), [&](Result<spool::Range> range) {
            EXPECT_TRUE(range);
            durable.set_value();
        });
        durable.get_future().get();
    }

    void drain() {
        lane_->request_stop(std::chrono::steady_clock::now() + patience);
        lane_->join();
    }

    template <class Condition>
    bool comes_true(Condition condition) {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::yield();
        }
        return true;
    }

    std::vector<std::uint64_t> sorted_taken() const {
        auto taken = destination_.taken();
        std::ranges::sort(taken);
        return taken;
    }

    static std::vector<std::uint64_t> positions(std::uint64_t first, std::uint64_t end) {
        std::vector<std::uint64_t> all(end - first);
        std::iota(all.begin(), all.end(), first);
        return all;
    }

    test::TempDir dir_;
    std::unique_ptr<model::Schema> schema_;
    std::unique_ptr<spool::Spool> spool_;
    std::unique_ptr<DeadLetters> letters_;
    FakeDestination destination_;
    std::mutex mutex_;
    std::vector<std::pair<spool::Range, bool>> settled_;
    std::vector<bool> live_;
    std::uint64_t cursor_seen_ = 0;
    std::chrono::milliseconds call_patience_{5'000};
    std::unique_ptr<Lane> lane_;
};

}  // namespace ingest::deliver
