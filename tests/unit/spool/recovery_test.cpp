#include <algorithm>
#include <cstring>

#include "spool/crc32c.h"
#include "spool/record.h"
#include "spool/segment_head.h"
#include "unit/spool/log_fixture.h"

namespace ingest::spool {
namespace {

using test::Operation;

std::vector<std::byte> rubbish(std::size_t size) {
    return std::vector<std::byte>(size, std::byte{0xA5});
}

TEST_F(LogTest, WhatWasCommittedIsThereAfterARestart) {
    ASSERT_TRUE(open());
    fill(3);
    const std::uint64_t end = log_->end();
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_EQ(log_->end(), end);
    EXPECT_EQ(read_all(0).size(), end);
    EXPECT_EQ(lost_, 0U);
    EXPECT_EQ(log_->counters().torn_tail_bytes, 0U);
    // It goes on in the same file.
    EXPECT_EQ(commit(end, 1)->first, end);
    EXPECT_EQ(log_->counters().segments, 3U);
}

TEST_F(LogTest, ATornTailIsCutAndNeverComesBack) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 10));
    ASSERT_TRUE(commit(10, 60));  // three records in one group
    const auto content = files_.contents(segment(0));
    files_.overwrite(segment(0), record_offset(content, 1) + 60, rubbish(40));
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_EQ(log_->end(), 10U);
    EXPECT_GT(log_->counters().torn_tail_bytes, 0U);
    EXPECT_EQ(log_->counters().quarantined_ranges, 0U);
    ASSERT_TRUE(commit(1000, 1));
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_EQ(log_->end(), 11U);
    EXPECT_EQ(read_all(0).rbegin()->second, 1000U);
    EXPECT_EQ(log_->counters().torn_tail_bytes, 0U);
}

TEST_F(LogTest, DamageBeforeALaterGroupIsQuarantinedAndTheRestGoesOn) {
    ASSERT_TRUE(open());
    for (std::uint64_t n = 0; n < 5; ++n) ASSERT_TRUE(commit(n * 10, 10));
    const auto content = files_.contents(segment(0));
    const std::uint64_t offset = record_offset(content, 2);
    files_.overwrite(segment(0), offset + 70, rubbish(3));
    for (int again = 0; again < 3; ++again) {
        files_.restart();
        ASSERT_TRUE(open());
        EXPECT_EQ(log_->end(), 50U);
        const auto got = read_all(0);
        EXPECT_EQ(got.size(), 40U);
        EXPECT_FALSE(got.contains(20) || got.contains(29));
        EXPECT_EQ(lost_, 10U);
        read_all(0);  // a second look counts nothing twice
        EXPECT_EQ(log_->counters().quarantined_ranges, 1U);
        EXPECT_EQ(log_->counters().lost_readings, 10U);
        const auto kept = files_.contents(options_.dir / "quarantine" /
                                          (segment_name(0) + "." + std::to_string(offset)));
        EXPECT_EQ(kept.size(), record_offset(content, 3) - offset);
    }
    EXPECT_EQ(log_->read(25, 10)->lost, 5U);
}

TEST_F(LogTest, DamageWithinAGroupOfManyRecordsIsProvenByALaterGroup) {
    for (const std::size_t damaged : {0U, 1U, 2U}) {
        options_.dir = "/data/" + std::to_string(damaged);
        ASSERT_TRUE(open());
        ASSERT_TRUE(commit(0, 80));  // four records
        ASSERT_TRUE(commit(80, 10));
        const std::uint64_t offset = record_offset(files_.contents(segment(0)), damaged);
        files_.overwrite(segment(0), offset + 70, rubbish(3));
        files_.restart();
        ASSERT_TRUE(open());
        EXPECT_EQ(log_->end(), 90U) << "a later group was begun, so the one before was durable";
        EXPECT_EQ(log_->counters().torn_tail_bytes, 0U);
        EXPECT_EQ(read_all(0).size(), 70U);
        EXPECT_EQ(lost_, 20U);
    }
}

TEST_F(LogTest, DamageInAnOldSegmentIsFoundWhenItIsRead) {
    ASSERT_TRUE(open());
    fill(3);
    const std::uint64_t end = log_->end();
    const auto content = files_.contents(segment(0));
    files_.overwrite(segment(0), record_offset(content, 1) + 1, rubbish(1));
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_EQ(log_->counters().quarantined_ranges, 0U);
    EXPECT_EQ(read_all(0).size(), end - 20);
    EXPECT_EQ(lost_, 20U);
}

TEST_F(LogTest, ASegmentWithoutAReadableHeadIsKeptWhole) {
    ASSERT_TRUE(open());
    fill(4);
    const std::uint64_t end = log_->end();
    std::vector<std::uint64_t> firsts;
    for (const std::string& name : *files_.list(options_.dir)) {
        if (const auto first = first_of_segment_name(name)) firsts.push_back(*first);
    }
    ASSERT_EQ(firsts.size(), 4U);
    for (const std::size_t broken : {1U, 3U}) {
        files_.overwrite(segment(firsts[broken]), 100, rubbish(1));
    }
    for (int again = 0; again < 2; ++again) {
        files_.restart();
        ASSERT_TRUE(open());
        EXPECT_EQ(log_->end(), end) << "numbers must not be given away twice";
        const auto got = read_all(0);
        EXPECT_EQ(got.size(), firsts[1] + firsts[3] - firsts[2]);
        EXPECT_EQ(lost_, end - got.size());
    }
    EXPECT_EQ(files_.list(options_.dir / "quarantine")->size(), 2U);
    ASSERT_TRUE(commit(end, 5));
    EXPECT_EQ(read_all(end).size(), 5U);
}

TEST_F(LogTest, ASegmentInQuarantineThatCannotBeReadIsTriedAgain) {
    for (const Operation bad : {Operation::open, Operation::size, Operation::read}) {
        options_.dir = "/data/" + std::to_string(static_cast<int>(bad));
        ASSERT_TRUE(open());
        ASSERT_TRUE(commit(0, 10));
        files_.overwrite(segment(0), 20, std::vector<std::byte>(4, std::byte{0xFF}));
        files_.restart();
        files_.inject([bad](Operation operation, const std::string& path) {
            const bool hit = operation == bad && path.find("quarantine/") != std::string::npos;
            return hit ? EACCES : 0;
        });
        EXPECT_FALSE(open()) << "nobody knows which numbers are taken";
        files_.inject({});
        ASSERT_TRUE(open());
        EXPECT_EQ(log_->end(), 10U);
    }
}

TEST_F(LogTest, LostReadingsOfTheLastGroupAreProvenByACursor) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(log_->open_cursor("slow"));
    ASSERT_TRUE(commit(0, 10));
    ASSERT_TRUE(commit(10, 10));
    log_->advance(cursor_, 20);
    const auto content = files_.contents(segment(0));
    files_.overwrite(segment(0), record_offset(content, 1) + 50, rubbish(9));
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_EQ(position_, 20U);
    EXPECT_EQ(log_->end(), 20U) << "a cursor is never beyond the end";
    EXPECT_EQ(read_all(0).size(), 10U);
    EXPECT_EQ(lost_, 10U);
    EXPECT_EQ(commit(20, 1)->first, 20U);
}

TEST_F(LogTest, AnUnreadableSectorCostsOneRecordOnly) {
    ASSERT_TRUE(open());
    fill(3);
    const std::uint64_t end = log_->end();
    files_.restart();
    ASSERT_TRUE(open());
    files_.inject([this](Operation operation, const std::string& path) {
        return operation == Operation::read && path == segment(0) ? EIO : 0;
    });
    auto got = read_all(0);
    EXPECT_EQ(got.size() + lost_, end);
    EXPECT_GT(lost_, 0U);
    EXPECT_FALSE(got.empty());
    files_.inject({});
    log_->advance(cursor_, log_->end());
    tidy();
    const auto kept = *files_.list(options_.dir / "quarantine");
    EXPECT_EQ(std::ranges::count(kept, segment_name(0)), 1) << "the whole file";
}

TEST_F(LogTest, NothingIsSkippedWhenTheDiskIsGone) {
    ASSERT_TRUE(open());
    fill(2);
    files_.power_off();
    EXPECT_FALSE(log_->read(0, 10));
    EXPECT_EQ(log_->counters().lost_readings, 0U);
}

TEST_F(LogTest, ADamagedCursorGoesBackToTheBeginning) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 10));
    log_->advance(cursor_, 10);
    log_->finish();
    files_.overwrite(options_.dir / "cursor-sink", 0, rubbish(8192));
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_EQ(position_, 0U);
    EXPECT_EQ(files_.list(options_.dir / "quarantine")->size(), 1U);
}

// The files of a spool that has never had a reading, but for one that says otherwise.
TEST_F(LogTest, PositionsComeToAnEnd) {
    ASSERT_TRUE(open());
    log_->finish();
    for (const std::string& name : *files_.list(options_.dir)) {
        if (!first_of_segment_name(name)) continue;
        ASSERT_TRUE(files_.unlink(options_.dir / name));
    }
    std::string head = encode_head({.first = position_max - 3,
                                    .former_end = position_max - 3,
                                    .schema = model::to_text(test_schema())});
    head.resize(options_.segment_bytes);
    const auto file = files_.create(segment(position_max - 3));
    ASSERT_TRUE(file && (*file)->write(0, std::as_bytes(std::span(head))) && (*file)->sync());
    ASSERT_TRUE(files_.sync_directory(options_.dir));
    ASSERT_TRUE(open());
    ASSERT_EQ(log_->end(), position_max - 3);
    ASSERT_TRUE(commit(0, 2));
    const auto refused = commit(2, 2);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("no positions left"), std::string::npos);
    ASSERT_TRUE(commit(2, 1));
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_EQ(read_all(position_max - 3).size(), 3U);
    EXPECT_EQ(log_->end(), position_max);
}

TEST_F(LogTest, ASegmentThatEndsTheOneBeforeBehindItselfIsDamaged) {
    ASSERT_TRUE(open());
    fill(3);
    const std::uint64_t end = log_->end();
    std::vector<std::uint64_t> firsts;
    for (const std::string& name : *files_.list(options_.dir)) {
        if (const auto first = first_of_segment_name(name)) firsts.push_back(*first);
    }
    ASSERT_EQ(firsts.size(), 3U);
    auto content = files_.contents(segment(firsts[1]));
    content[24 + 7] = std::byte{1};  // former_end
    const std::uint32_t sum = crc32c(0, std::span(content).first(4096).subspan(8));
    std::memcpy(content.data() + 4, &sum, sizeof sum);
    files_.overwrite(segment(firsts[1]), 0, content);
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_EQ(log_->end(), end);
    EXPECT_EQ(read_all(0).size(), end - (firsts[2] - firsts[1]));
    EXPECT_EQ(lost_, firsts[2] - firsts[1]);
}

TEST_F(LogTest, ACopiedSegmentIsNotReadTwice) {
    ASSERT_TRUE(open());
    fill(2);
    const std::uint64_t end = log_->end();
    files_.copy(segment(0), segment(5));
    files_.restart();
    ASSERT_TRUE(open());
    EXPECT_EQ(read_all(0).size() + lost_, end);
    EXPECT_EQ(files_.list(options_.dir / "quarantine")->size(), 1U);
}

TEST_F(LogTest, OldSegmentsFollowTheSchema) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 10));
    log_ = nullptr;
    const model::Schema next({{"humidity", model::ColumnType::float64, false},
                              {"temperature", model::ColumnType::float64, true}});
    auto opened = Log::open(options_, next, files_);
    ASSERT_TRUE(opened);
    const auto run = (*opened)->read(0, 100);
    ASSERT_EQ(run->records.size(), 1U);
    const model::Batch& batch = *run->records[0].batch;
    EXPECT_EQ(batch.schema().size(), next.size());
    EXPECT_EQ(batch.rows(), 10);
    EXPECT_FALSE(batch.has(model::column_first_field, 3));
    EXPECT_EQ(batch.float64(model::column_first_field + 1, 3), 1.5);
    EXPECT_EQ((*opened)->counters().segments, 2U);
    // Back again before anything was written: the empty segment is replaced.
    opened->reset();
    ASSERT_TRUE(open());
    EXPECT_EQ(log_->counters().segments, 2U);
    EXPECT_EQ(read_all(0).size(), 10U);
}

TEST_F(LogTest, ANewerFormatIsRefusedNotQuarantined) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 1));
    log_ = nullptr;
    const auto head = read_head(**files_.open(segment(0)));
    SegmentHead newer = **head;
    newer.version = 2;
    const std::string bytes = encode_head(newer);
    const auto span = std::as_bytes(std::span(bytes));
    files_.overwrite(segment(0), 0, {span.begin(), span.end()});
    const auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("version 2"), std::string::npos);
    EXPECT_FALSE(files_.contents(segment(0)).empty());
}

TEST_F(LogTest, OneOwnerAtATime) {
    ASSERT_TRUE(open());
    EXPECT_FALSE(Log::open(options_, test_schema(), files_));
    log_->finish();
    EXPECT_TRUE(Log::open(options_, test_schema(), files_));
}

}  // namespace
}  // namespace ingest::spool
