#include "spool/record.h"
#include "unit/spool/log_fixture.h"

namespace ingest::spool {
namespace {

using test::Operation;

TEST_F(LogTest, SmallBatchesMergeAndLargeOnesAreCut) {
    ASSERT_TRUE(open());
    std::vector<Submission> group;
    std::vector<Range> ranges;
    std::uint64_t id = 0;
    for (const std::uint64_t count : {3U, 5U, 0U, 18U, 45U, 1U}) {
        group.push_back(
            {readings(id, count), [&](Result<Range> range) { ranges.push_back(*range); }});
        id += count;
    }
    log_->commit(group);
    ASSERT_EQ(ranges.size(), 6U);
    EXPECT_EQ(ranges[1], (Range{3, 8}));
    EXPECT_NE(ranges[1], (Range{3, 9}));
    EXPECT_NE(ranges[1], (Range{2, 8}));
    EXPECT_EQ(ranges[2], (Range{8, 8}));
    EXPECT_EQ(ranges[5], (Range{71, 72}));
    for (const auto& [position, reading] : read_all(0)) EXPECT_EQ(position, reading);
    const Counters counters = log_->counters();
    EXPECT_EQ(counters.groups, 1U);
    EXPECT_EQ(counters.readings, 72U);
    EXPECT_EQ(counters.records, 5U);  // 8, 18, 20, 20, 6
}

TEST_F(LogTest, ReadsFromMemoryAndFromDiskAreTheSame) {
    options_.memory_tail_bytes_max = 10000;
    ASSERT_TRUE(open());
    fill(3);
    const std::uint64_t end = log_->end();
    const std::uint64_t before = files_.count(Operation::read);
    EXPECT_EQ(log_->read(end - 1, 100)->records.size(), 1U);
    EXPECT_EQ(files_.count(Operation::read), before);
    EXPECT_EQ(read_all(0).size(), end);
    EXPECT_GT(files_.count(Operation::read), before);
    const auto run = log_->read(25, 15);  // whole records, at least one
    ASSERT_EQ(run->records.size(), 1U);
    EXPECT_EQ(run->records[0].first, 20U);
    EXPECT_EQ(run->end, 40U);
    EXPECT_TRUE(log_->read(end, 10)->records.empty());
}

TEST_F(LogTest, MemoryIsBoundedByWhatRecordsHoldNotByWhatTheyUse) {
    const model::Batch one_row = readings(0, 1);
    options_.memory_tail_bytes_max = 10 * one_row.memory();
    EXPECT_GT(one_row.memory(), 10 * one_row.bytes());
    ASSERT_TRUE(open());
    for (std::uint64_t i = 0; i < 30; ++i) ASSERT_TRUE(commit(i, 1));
    const std::uint64_t before = files_.count(Operation::read);
    EXPECT_EQ(log_->read(20, 100)->records.size(), 10U);
    EXPECT_EQ(files_.count(Operation::read), before) << "the last ten are in memory";
    EXPECT_EQ(log_->read(19, 100)->records.size(), 11U);
    EXPECT_GT(files_.count(Operation::read), before);
}

TEST_F(LogTest, ReadsAreBoundedInBytesToo) {
    const std::uint64_t record = record_size(readings(0, 10));
    for (const bool from_memory : {false, true}) {
        for (const auto& [bytes_max, records] : {std::pair{1UL, 1U}, {3 * record, 3U}}) {
            options_.dir = from_memory ? "/data/memory" : "/data/disk";
            options_.dir /= std::to_string(records);
            options_.memory_tail_bytes_max = from_memory ? 1U << 20 : 0;
            options_.read_bytes_max = bytes_max;
            ASSERT_TRUE(open());
            for (int n = 0; n < 10; ++n) ASSERT_TRUE(commit(0, 10));
            const std::uint64_t before = files_.count(Operation::read);
            const auto run = log_->read(20, 1000);
            EXPECT_EQ(run->records.size(), records) << "whole ones, at least one";
            EXPECT_EQ(run->end, 20 + 10 * records);
            EXPECT_EQ(files_.count(Operation::read) == before, from_memory);
            EXPECT_EQ(read_all(0).size(), 100U);
        }
    }
}

TEST_F(LogTest, AFailedSyncIsNotAcknowledgedNorTriedAgain) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 10));
    int syncs_of_first = 0;
    bool fail = true;
    files_.inject([&](Operation operation, const std::string& path) {
        if (operation != Operation::sync || path.find("segment-") == std::string::npos) {
            // The open file was named spare.log when it was opened.
            if (operation != Operation::sync || path.find("spare") == std::string::npos) return 0;
        }
        ++syncs_of_first;
        return std::exchange(fail, false) ? EIO : 0;
    });
    EXPECT_FALSE(commit(500, 7));
    EXPECT_EQ(log_->state(), State::accepting);
    EXPECT_EQ(log_->counters().sync_errors, 1U);
    const auto range = commit(10, 10);
    ASSERT_TRUE(range);
    EXPECT_EQ(range->first, 17U) << "the failed group's numbers belong to nobody";
    files_.inject({});
    for (int again = 0; again < 2; ++again) {
        const auto got = read_all(0);
        EXPECT_EQ(got.size(), 20U);
        EXPECT_EQ(got.at(17), 10U);
        EXPECT_EQ(lost_, 0U);
        files_.restart();
        ASSERT_TRUE(open());
    }
    log_->advance(cursor_, log_->end());
    tidy();
    EXPECT_GT(log_->begin(), 0U);
    EXPECT_EQ(log_->counters().segments_recycled, 0U) << "the file is not used again";
}

TEST_F(LogTest, CountsReadingsNotNumbers) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 10));
    bool fail = true;
    files_.inject([&](Operation operation, const std::string&) {
        return operation == Operation::sync && std::exchange(fail, false) ? EIO : 0;
    });
    EXPECT_FALSE(commit(500, 7));  // [10, 17) belongs to nobody
    files_.inject({});
    ASSERT_TRUE(commit(10, 20));
    const auto expect = [&](std::uint64_t acknowledged) {
        EXPECT_EQ(log_->tally(0).acknowledged, acknowledged);
        EXPECT_EQ(log_->tally(0).beyond, 30U);
        EXPECT_EQ(log_->tally(4).beyond, 26U);
        EXPECT_EQ(log_->tally(37).beyond, 0U);
        EXPECT_EQ(log_->readings_in({8, 18}), 3U);
        EXPECT_EQ(log_->readings_in({10, 17}), 0U);
        EXPECT_EQ(log_->readings_in({20, 30}), 10U);
    };
    expect(30);
    files_.restart();
    ASSERT_TRUE(open());
    expect(0);
}

TEST_F(LogTest, WaitsForTheOwnerWhileToldTo) {
    int asked = 0;
    options_.wait_for_owner = [&] { return ++asked < 3; };
    files_.inject([](Operation operation, const std::string&) {
        return operation == Operation::lock ? EWOULDBLOCK : 0;
    });
    EXPECT_FALSE(open());
    EXPECT_EQ(asked, 3);
    options_.wait_for_owner = [&] {
        files_.inject({});
        return true;
    };
    EXPECT_TRUE(open());
}

TEST_F(LogTest, WhenAFreshSegmentFailsTooNothingIsAccepted) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 10));
    files_.inject([](Operation operation, const std::string&) {
        return operation == Operation::sync ? EIO : 0;
    });
    EXPECT_FALSE(commit(10, 10));
    EXPECT_EQ(log_->state(), State::failed);
    files_.inject({});
    EXPECT_FALSE(commit(10, 10));
    EXPECT_EQ(read_all(0).size(), 10U) << "what is stored is still delivered";
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_TRUE(commit(10, 10));
}

TEST_F(LogTest, ConsumedSegmentsAreRecycledAndTheirOldRecordsNeverRead) {
    ASSERT_TRUE(open());
    for (int round = 0; round < 6; ++round) {
        fill(3);
        log_->advance(cursor_, log_->end());
        tidy();
        EXPECT_EQ(log_->counters().segments, 1U);
        files_.restart();
        ASSERT_TRUE(open());
        EXPECT_EQ(position_, log_->end());
        EXPECT_TRUE(read_all(log_->begin()).size() == log_->end() - log_->begin());
        EXPECT_EQ(log_->counters().quarantined_ranges, 0U);
    }
    fill(3);
    log_->advance(cursor_, log_->end());
    tidy();
    fill(2);
    EXPECT_GT(log_->counters().segments_recycled, 0U);
}

TEST_F(LogTest, ARecycledFileNeverComesBackUnderItsOldName) {
    for (int round = 0; round < 30; ++round) {
        ASSERT_TRUE(open());
        fill(3);
        log_->advance(cursor_, log_->end());
        tidy();
        // The head of the next segment becomes durable, its name does not.
        files_.inject([](Operation operation, const std::string& path) {
            return operation == Operation::rename && path.ends_with("spare.log") ? EIO : 0;
        });
        while (commit(log_->end(), 20)) continue;
        files_.inject({});
        files_.power_off();
        log_ = nullptr;
        files_.power_on();
        ASSERT_TRUE(open());
        EXPECT_EQ(log_->counters().quarantined_ranges, 0U);
    }
}

TEST_F(LogTest, ANameThatAKilledProcessDidNotSyncIsSyncedBeforeItsFileIsUsed) {
    for (int round = 0; round < 10; ++round) {
        ASSERT_TRUE(open());
        files_.inject([](Operation operation, const std::string&) {
            return operation == Operation::sync_directory ? EIO : 0;
        });
        while (commit(log_->end(), 20)) continue;
        files_.inject({});
        files_.restart();
        ASSERT_TRUE(open());
        const std::uint64_t end = log_->end();
        ASSERT_TRUE(commit(end, 5));
        files_.power_off();
        log_ = nullptr;
        files_.power_on();
        ASSERT_TRUE(open());
        ASSERT_EQ(read_all(end).size(), 5U);
    }
}

TEST_F(LogTest, CursorsHoldSegmentsOrphansToo) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(log_->open_cursor("gone"));
    fill(3);
    files_.restart();
    ASSERT_TRUE(open());  // without "gone"
    log_->advance(cursor_, log_->end());
    tidy();
    EXPECT_EQ(log_->begin(), 0U);
    const auto cursors = log_->cursors();
    ASSERT_EQ(cursors.size(), 2U);
    EXPECT_TRUE(cursors[0].orphaned);
    EXPECT_FALSE(log_->drop_orphan("sink"));
    EXPECT_FALSE(log_->drop_orphan("nobody"));
    ASSERT_TRUE(log_->drop_orphan("gone"));
    tidy();
    EXPECT_GT(log_->begin(), 0U);
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_EQ(log_->cursors().size(), 1U);
}

TEST_F(LogTest, ASegmentGoesOnlyWhenTheCursorIsDurable) {
    ASSERT_TRUE(open());
    fill(2);
    log_->advance(cursor_, log_->end());
    files_.inject([](Operation operation, const std::string& path) {
        return path.find("cursor-") != std::string::npos &&
                       (operation == Operation::sync || operation == Operation::create)
                   ? EIO
                   : 0;
    });
    tidy();
    EXPECT_EQ(log_->begin(), 0U);
    EXPECT_GT(log_->counters().cursor_errors, 0U);
    files_.inject({});
    tidy();
    EXPECT_GT(log_->begin(), 0U);
}

TEST_F(LogTest, ANewSinkStartsAtTheEndAndWithoutSinksNothingIsRemoved) {
    auto opened = Log::open(options_, test_schema(), files_);
    log_ = std::move(*opened);
    fill(3);
    tidy();
    EXPECT_EQ(log_->begin(), 0U);
    const auto cursor = log_->open_cursor("late");
    ASSERT_TRUE(cursor);
    EXPECT_TRUE(cursor->created);
    EXPECT_EQ(cursor->position, log_->end());
    EXPECT_FALSE(log_->open_cursor(""));
    EXPECT_FALSE(log_->open_cursor(std::string(81, 'x')));
}

TEST_F(LogTest, FullRefusesAndHealsWhenSinksCatchUp) {
    options_.size_max = 5 * options_.segment_bytes;
    ASSERT_TRUE(open());
    std::uint64_t accepted = 0;
    while (log_->state() == State::accepting) {
        ASSERT_TRUE(commit(accepted, 10));
        accepted += 10;
    }
    EXPECT_EQ(log_->state(), State::full);
    while (commit(accepted, 10)) accepted += 10;  // the reserve
    EXPECT_EQ(read_all(0).size(), accepted);
    std::uint64_t bytes = 0;
    for (const std::string& name : *files_.list(options_.dir)) {
        if (name.ends_with(".log")) bytes += files_.contents(options_.dir / name).size();
    }
    EXPECT_LE(bytes, options_.size_max);
    log_->advance(cursor_, log_->end());
    tidy();
    EXPECT_EQ(log_->state(), State::accepting);
    EXPECT_TRUE(commit(accepted, 10));
}

TEST_F(LogTest, ADiskWithoutSpaceHealsByItself) {
    ASSERT_TRUE(open());
    files_.set_capacity(3 * options_.segment_bytes);
    std::uint64_t accepted = 0;
    while (commit(accepted, 10)) accepted += 10;
    EXPECT_EQ(log_->state(), State::full);
    EXPECT_EQ(read_all(0).size(), accepted);
    files_.restart();
    ASSERT_TRUE(open()) << "what is stored must be delivered";
    EXPECT_FALSE(commit(accepted, 40));
    files_.set_capacity(UINT64_MAX);
    tidy();
    EXPECT_EQ(log_->state(), State::accepting);
    ASSERT_TRUE(commit(accepted, 40));
    EXPECT_EQ(read_all(0).size(), accepted + 40);
}

TEST_F(LogTest, ABatchLargerThanASegmentIsRefusedAlone) {
    ASSERT_TRUE(open());
    EXPECT_FALSE(commit(0, 2000));
    EXPECT_EQ(log_->state(), State::accepting);
    EXPECT_TRUE(commit(0, 10));
}

TEST_F(LogTest, TheSpareIsReadyBeforeItIsNeeded) {
    ASSERT_TRUE(open());
    while (log_->used_bytes() * 2 < options_.segment_bytes) ASSERT_TRUE(commit(log_->end(), 20));
    tidy();
    EXPECT_EQ(files_.contents(options_.dir / "spare.log").size(), options_.segment_bytes);
    const std::uint64_t before = files_.count(Operation::create);
    fill(2);
    EXPECT_EQ(files_.count(Operation::create), before);
}

}  // namespace
}  // namespace ingest::spool
