#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/log.h"
#include "unit/spool/log_fixture.h"

namespace ingest::spool {
namespace {

using test::FakeFiles;

// What somebody who opens the spool finds in it.
struct Found {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t lost = 0;
    std::map<std::uint64_t, std::uint64_t> readings;
    std::map<std::string, std::uint64_t> cursors;
    friend bool operator==(const Found&, const Found&) = default;
};

std::ostream& operator<<(std::ostream& out, const Found& found) {
    out << '[' << found.begin << ", " << found.end << ") lost " << found.lost << ", "
        << found.readings.size() << " readings";
    for (const auto& [sink, position] : found.cursors) out << ", " << sink << " at " << position;
    return out;
}

// Recovery ends in the same state when it dies at any of its changes, by kill or power cut, and is
// started again, and dies again: for every kind of thing that it may find.
class InterruptedRecovery : public LogTest {
protected:
    InterruptedRecovery() {
        log::Options quiet;
        quiet.level = log::Level::error;
        log::configure(quiet);
    }
    ~InterruptedRecovery() override { log::configure({}); }

    Result<Found> recover(FakeFiles& files, const model::Schema& schema) {
        auto opened = Log::open(options_, schema, files);
        if (!opened) return opened.error();
        Log& log = **opened;
        Found found{.begin = log.begin(), .end = log.end(), .readings = {}, .cursors = {}};
        for (const CursorState& cursor : log.cursors()) {
            found.cursors[cursor.sink] = cursor.position;
        }
        std::uint64_t at = found.begin;
        for (const auto& [sink, position] : found.cursors) at = std::min(at, position);
        while (at < found.end) {
            const auto run = log.read(at, 100);
            if (!run) return run.error();
            for (const Record& record : run->records) {
                for (std::int64_t row = 0; row < record.batch->rows(); ++row) {
                    found.readings[record.first + static_cast<std::uint64_t>(row)] =
                        id_at(*record.batch, row);
                }
            }
            found.lost += run->lost;
            at = run->end;
        }
        EXPECT_EQ(log.counters().lost_readings, found.lost);
        return found;
    }

    static void stop(FakeFiles& files, bool power_cut) {
        files.power_off();
        if (power_cut) {
            files.power_on();
        } else {
            files.restart();
        }
    }

    // Returns what is found in the end, every time.
    Found interrupt_everywhere(const model::Schema& schema = test_schema()) {
        log_ = nullptr;
        stop(files_, true);
        const auto whole = files_.clone(1);
        const auto expected = recover(*whole, schema);
        EXPECT_TRUE(expected) << expected.error().message;
        if (!expected) return {};
        const std::uint64_t changes = whole->changes();
        for (const bool power_cut : {false, true}) {
            stop(*whole, power_cut);
            EXPECT_EQ(*recover(*whole, schema), *expected) << "the second time";
        }
        fail_everywhere(schema, *expected);
        for (std::uint64_t first = 1; first <= changes; ++first) {
            for (std::uint64_t turn = 0; turn < 8; ++turn) {
                const auto files = files_.clone(first * 8 + turn);
                files->power_off_after(first);
                (void)recover(*files, schema);
                EXPECT_TRUE(files->is_off());
                stop(*files, turn % 2 == 0);
                files->power_off_after(1 + (first * 7 + turn) % changes);
                (void)recover(*files, schema);
                stop(*files, turn % 4 < 2);
                const auto found = recover(*files, schema);
                EXPECT_TRUE(found) << found.error().message;
                EXPECT_EQ(*found, *expected) << "after change " << first << " of " << changes;
                if (HasFailure()) return *expected;
            }
        }
        return *expected;
    }

    // The offset of the n-th record of the first segment.
    std::uint64_t record(std::size_t n) { return record_offset(files_.contents(segment(0)), n); }

    // One operation fails, also one that changes nothing; then it is started again.
    void fail_everywhere(const model::Schema& schema, const Found& expected) {
        std::uint64_t last = 1;
        for (std::uint64_t k = 1; k <= last && !HasFailure(); ++k) {
            for (const int number : {EIO, ENOMEM, ENOSPC}) {
                const auto files = files_.clone(k);
                std::uint64_t count = 0;
                files->inject([&](test::Operation, const std::string&) {
                    return ++count == k ? number : 0;
                });
                (void)recover(*files, schema);
                last = std::max(last, count);
                files->inject({});
                stop(*files, k % 2 == 0);
                const auto found = recover(*files, schema);
                ASSERT_TRUE(found) << found.error().message;
                EXPECT_EQ(*found, expected) << "operation " << k << " failed with " << number;
            }
        }
    }

    void damage(const std::filesystem::path& path, std::uint64_t offset, std::size_t bytes) {
        files_.overwrite(path, offset, std::vector<std::byte>(bytes, std::byte{0xA5}));
    }

    std::vector<std::uint64_t> segments() {
        std::vector<std::uint64_t> firsts;
        for (const std::string& name : *files_.list(options_.dir)) {
            if (const auto first = first_of_segment_name(name)) firsts.push_back(*first);
        }
        return firsts;
    }
};

TEST_F(InterruptedRecovery, OfNothing) {
    const Found found = interrupt_everywhere();
    EXPECT_EQ(found, Found{});
}

TEST_F(InterruptedRecovery, OfAHealthyLog) {
    ASSERT_TRUE(open());
    fill(3);
    log_->advance(cursor_, 30);
    tidy();
    const std::uint64_t end = log_->end();
    const Found found = interrupt_everywhere();
    EXPECT_EQ(found.readings.size(), end);
    EXPECT_EQ(found.cursors.at("sink"), 30U);
    EXPECT_EQ(found.lost, 0U);
}

TEST_F(InterruptedRecovery, OfDraftsAndASpareOfAnotherSize) {
    ASSERT_TRUE(open());
    fill(2);
    for (const char* name : {"spare.new", "cursor-sink.new", "spare.log"}) {
        ASSERT_TRUE((*files_.create(options_.dir / name))->write(0, std::vector<std::byte>(100)));
    }
    ASSERT_TRUE(files_.sync_directory(options_.dir));
    const std::uint64_t end = log_->end();
    EXPECT_EQ(interrupt_everywhere().readings.size(), end);
}

TEST_F(InterruptedRecovery, OfATornTail) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 10));
    ASSERT_TRUE(commit(10, 90));  // five records in one group
    // The first of the group and the last are damaged, what stands between is in order.
    damage(segment(0), record(1) + 60, 10);
    damage(segment(0), record(5) + 60, 10);
    const Found found = interrupt_everywhere();
    EXPECT_EQ(found.end, 10U);
    EXPECT_EQ(found.readings.size(), 10U);
}

TEST_F(InterruptedRecovery, OfDamageInTheMiddle) {
    ASSERT_TRUE(open());
    for (std::uint64_t n = 0; n < 5; ++n) ASSERT_TRUE(commit(n * 10, 10));
    damage(segment(0), record(2) + 70, 3);
    const Found found = interrupt_everywhere();
    EXPECT_EQ(found.end, 50U);
    EXPECT_EQ(found.readings.size(), 40U);
    EXPECT_EQ(found.lost, 10U);
}

TEST_F(InterruptedRecovery, OfALastGroupThatACursorProves) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(log_->open_cursor("slow"));
    ASSERT_TRUE(commit(0, 10));
    ASSERT_TRUE(commit(10, 10));
    log_->advance(cursor_, 20);
    tidy();
    damage(segment(0), record(1) + 50, 9);
    const Found found = interrupt_everywhere();
    EXPECT_EQ(found.end, 20U);
    EXPECT_EQ(found.lost, 10U);
}

TEST_F(InterruptedRecovery, OfDamagedHeads) {
    ASSERT_TRUE(open());
    fill(4);
    const std::uint64_t end = log_->end();
    const auto firsts = segments();
    ASSERT_EQ(firsts.size(), 4U);
    for (const std::size_t broken : {1U, 3U}) damage(segment(firsts[broken]), 100, 1);
    const Found found = interrupt_everywhere();
    EXPECT_EQ(found.end, end) << "numbers must not be given away twice";
    EXPECT_EQ(found.readings.size(), firsts[1] + firsts[3] - firsts[2]);
    EXPECT_EQ(found.lost, end - found.readings.size());
}

TEST_F(InterruptedRecovery, OfDamagedHeadsOnly) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 30));
    damage(segment(0), 100, 1);
    const Found found = interrupt_everywhere();
    EXPECT_EQ(found.end, 30U);
    EXPECT_EQ(found.begin, 30U);
    EXPECT_EQ(found.lost, 30U);
}

TEST_F(InterruptedRecovery, OfADamagedCursor) {
    ASSERT_TRUE(open());
    fill(3);
    log_->advance(cursor_, log_->end() / 2);
    tidy();
    tidy();
    const std::uint64_t begin = log_->begin();
    EXPECT_GT(begin, 0U);
    damage(options_.dir / "cursor-sink", 0, 8192);
    const Found found = interrupt_everywhere();
    ASSERT_EQ(found.cursors.size(), 1U) << "the sink would get nothing of what is kept";
    EXPECT_EQ(found.cursors.at("sink"), begin);
    EXPECT_EQ(found.readings.size(), found.end - begin);
}

TEST_F(InterruptedRecovery, UnderAnotherSchema) {
    const model::Schema next({{"temperature", model::ColumnType::float64, true}});
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 30));
    EXPECT_EQ(interrupt_everywhere(next).readings.size(), 30U);
    // Now it ends in a segment that is empty and takes its place.
    ASSERT_TRUE(recover(files_, next));
    EXPECT_EQ(interrupt_everywhere(test_schema()).readings.size(), 30U);
}

TEST_F(InterruptedRecovery, WithACopyOfASegment) {
    ASSERT_TRUE(open());
    fill(2);
    const std::uint64_t end = log_->end();
    files_.copy(segment(0), segment(5));
    const Found found = interrupt_everywhere();
    EXPECT_EQ(found.readings.size(), end);
    EXPECT_EQ(found.lost, 0U);
}

}  // namespace
}  // namespace ingest::spool
