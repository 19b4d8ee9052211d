#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"
#include "spool/log.h"
#include "support/fake_file.h"
#include "unit/spool/readings.h"

namespace ingest::spool {
namespace {

using test::FakeFiles;
using test::Operation;

// The log beside a simple reference, under random commits, reads, cursor moves, failing disks,
// kills and power cuts. Everything follows from the seed; INGEST_SEED=n plays one again and
// INGEST_SEEDS=n plays more of them.
class World {
public:
    explicit World(std::uint64_t seed) : random_(seed), files_(seed + 1) {
        options_.dir = "/data/spool";
        options_.segment_bytes = 16U << 10;
        options_.size_max = (4 + pick(20)) * options_.segment_bytes;
        options_.memory_tail_bytes_max = pick(3) * 4000;
        options_.record_rows_max = static_cast<std::uint32_t>(1 + pick(40));
        options_.cursor_sync_interval = std::chrono::milliseconds(0);
        options_.space_retry_interval = std::chrono::milliseconds(0);
        files_.set_rough(pick(2) == 0);
    }

    void play(int steps) {
        open();
        for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) step();
        files_.inject({});
        stop(Stop::kill);
        open();
        for (const auto& [sink, position] : positions_) read_all(sink);
        log_->finish();
        const auto before = log_->cursors();
        stop(Stop::power_cut);
        open();
        for (const CursorState& cursor : before) {
            EXPECT_EQ(log_->open_cursor(cursor.sink)->position, cursor.position) << cursor.sink;
            read_all(cursor.sink);
        }
        EXPECT_EQ(log_->counters().quarantined_ranges, 0U);
        EXPECT_EQ(log_->counters().lost_readings, 0U);
    }

private:
    enum class Stop { kill, power_cut };

    std::uint64_t pick(std::uint64_t below) { return random_() % below; }

    void step() {
        switch (pick(16)) {
            case 0: return stop_and_open(Stop::kill);
            case 1: return stop_and_open(Stop::power_cut);
            case 2: return files_.power_off_after(1 + pick(30));
            case 3: return pick(4) == 0 ? fail_cursors() : fail_once();
            case 4:
            case 5: return tidy();
            case 6:
            case 7:
            case 8:
            case 9: return read_and_advance(pick(2) == 0 ? "database" : "queue/1");
            default: return commit();
        }
    }

    void fail_once() {
        const Operation what = pick(2) == 0 ? Operation::sync : Operation::write;
        const int number = pick(3) == 0 ? ENOSPC : EIO;
        auto countdown = std::make_shared<std::uint64_t>(pick(10));
        files_.inject([what, number, countdown](Operation operation, const std::string& path) {
            if (operation != what || path.ends_with("lock")) return 0;
            return (*countdown)-- == 0 ? number : 0;
        });
    }

    // No cursor can be stored: nothing may be removed on its word.
    void fail_cursors() {
        files_.inject([](Operation operation, const std::string& path) {
            const bool stores = operation == Operation::sync || operation == Operation::create;
            return stores && path.find("cursor-") != std::string::npos ? EIO : 0;
        });
    }

    void commit() {
        std::vector<Submission> group;
        for (std::uint64_t n = 1 + pick(5); n > 0; --n) {
            const std::uint64_t first = next_id_;
            const std::uint64_t count = pick(30);
            next_id_ += count;
            for (std::uint64_t i = 0; i < count; ++i) unknown_.insert(first + i);
            group.push_back({readings(first, count), [this, first, count](Result<Range> range) {
                                 if (range) acknowledge(*range, first, count);
                             }});
        }
        log_->commit(group);
        after_operation();
    }

    void acknowledge(const Range& range, std::uint64_t first, std::uint64_t count) {
        ASSERT_EQ(range.end - range.first, count);
        for (std::uint64_t i = 0; i < count; ++i) {
            unknown_.erase(first + i);
            const bool fresh = acknowledged_.emplace(range.first + i, first + i).second;
            ASSERT_TRUE(fresh) << "position " << range.first + i << " was given away twice";
            ASSERT_FALSE(seen_.contains(range.first + i)) << "position " << range.first + i;
        }
    }

    void tidy() {
        const std::uint64_t errors = log_->counters().cursor_errors;
        log_->tidy(std::chrono::steady_clock::now(), pick(2) == 0);
        if (!files_.is_off() && log_->counters().cursor_errors == errors) {
            kept_ = durable_ = positions_;
        }
        after_operation();
    }

    void read_and_advance(const std::string& sink) {
        const std::uint64_t from = positions_.at(sink);
        const auto run = log_->read(from, static_cast<std::int64_t>(1 + pick(200)));
        if (!run) return after_operation();
        check_run(from, *run);
        ASSERT_LE(run->end, std::max(from, log_->end()));
        std::uint64_t to = run->end;
        if (!run->records.empty() && pick(2) == 0) to = from + pick(to - from + 1);
        positions_[sink] = to;
        log_->advance(ids_.at(sink), to);
        // A write that failed may have torn what the slot said since the last sync.
        const bool written = !files_.is_off() && log_->counters().cursor_errors == 0;
        kept_[sink] = written ? to : durable_[sink];
        after_operation();
    }

    void check_run(std::uint64_t from, const Run& run) {
        EXPECT_EQ(run.lost, 0U);
        std::map<std::uint64_t, std::uint64_t> got;
        collect(run, got);
        for (const auto& [position, id] : got) {
            const auto acknowledged = acknowledged_.find(position);
            if (acknowledged != acknowledged_.end()) {
                ASSERT_EQ(acknowledged->second, id) << "position " << position;
            } else {
                ASSERT_TRUE(unknown_.contains(id)) << "a reading that nobody sent: " << id;
            }
            ASSERT_EQ(seen_.emplace(position, id).first->second, id) << "position " << position;
        }
        for (auto at = acknowledged_.lower_bound(from);
             at != acknowledged_.end() && at->first < run.end; ++at) {
            ASSERT_TRUE(got.contains(at->first)) << "lost: position " << at->first;
        }
    }

    void read_all(const std::string& sink) {
        std::uint64_t at = positions_.at(sink);
        while (at < log_->end() && !testing::Test::HasFailure()) {
            const auto run = log_->read(at, 100);
            ASSERT_TRUE(run) << run.error().message;
            check_run(at, *run);
            ASSERT_GT(run->end, at);
            at = run->end;
        }
        const auto beyond = acknowledged_.lower_bound(std::max(at, log_->end()));
        ASSERT_TRUE(beyond == acknowledged_.end()) << "lost: position " << beyond->first;
    }

    void after_operation() {
        if (!files_.is_off()) return;
        stop_and_open(pick(2) == 0 ? Stop::kill : Stop::power_cut);
    }

    void stop(Stop how) {
        files_.power_off();
        log_.reset();
        if (how == Stop::kill) {
            files_.restart();
        } else {
            files_.power_on();
            kept_.clear();
        }
    }

    void stop_and_open(Stop how) {
        stop(how);
        open();
        const std::string sink = pick(2) == 0 ? "database" : "queue/1";
        read_all(sink);
    }

    // Recovery may die as well, again and again.
    void open() {
        files_.inject({});
        for (int attempt = 0;; ++attempt) {
            if (attempt < 3 && pick(3) == 0) files_.power_off_after(1 + pick(20));
            auto opened = Log::open(options_, test_schema(), files_);
            if (opened) log_ = std::move(*opened);
            if (opened && open_cursors() && !files_.is_off()) break;
            ASSERT_TRUE(files_.is_off()) << (opened ? "cursor" : opened.error().message);
            stop(pick(2) == 0 ? Stop::kill : Stop::power_cut);
        }
        files_.power_off_after(0);
    }

    bool open_cursors() {
        for (const char* sink : {"database", "queue/1"}) {
            const auto cursor = log_->open_cursor(sink);
            if (!cursor) return false;
            EXPECT_LE(cursor->position, log_->end());
            const auto known = positions_.find(sink);
            if (known != positions_.end()) {
                EXPECT_FALSE(cursor->created) << "a cursor was lost";
                EXPECT_LE(cursor->position, known->second);
                EXPECT_GE(cursor->position, kept_[sink]) << sink;
                EXPECT_GE(cursor->position, durable_[sink]) << sink;
            }
            positions_[sink] = kept_[sink] = durable_[sink] = cursor->position;
            ids_[sink] = cursor->id;
        }
        return true;
    }

    std::mt19937_64 random_;
    FakeFiles files_;
    Options options_;
    std::unique_ptr<Log> log_;
    std::uint64_t next_id_ = 1;
    std::map<std::uint64_t, std::uint64_t> acknowledged_;  // position -> id
    std::set<std::uint64_t> unknown_;                      // sent, and no acknowledgement came
    std::map<std::uint64_t, std::uint64_t> seen_;          // what a read ever returned
    std::map<std::string, std::uint64_t> positions_;
    std::map<std::string, CursorId> ids_;
    std::map<std::string, std::uint64_t> kept_;     // positions that outlive a kill
    std::map<std::string, std::uint64_t> durable_;  // and a power cut
};

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(SpoolModel, NothingAcknowledgedIsEverLost) {
    log::Options quiet;
    quiet.level = log::Level::error;
    log::configure(quiet);
    const std::uint64_t first = number_from("INGEST_SEED", 0);
    const std::uint64_t count = first != 0 ? 1 : number_from("INGEST_SEEDS", 500);
    for (std::uint64_t seed = std::max<std::uint64_t>(first, 1); count > 0; ++seed) {
        World(seed).play(50);
        ASSERT_FALSE(HasFailure()) << "play it again with INGEST_SEED=" << seed;
        if (seed + 1 >= std::max<std::uint64_t>(first, 1) + count) break;
    }
}

}  // namespace
}  // namespace ingest::spool
