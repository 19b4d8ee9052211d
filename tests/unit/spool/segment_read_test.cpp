#include <cerrno>
#include <optional>
#include <utility>

#include "spool/crc32c.h"
#include "spool/record.h"
#include "spool/segment_store.h"
#include "unit/spool/log_fixture.h"

namespace ingest::spool {
namespace {

using test::Operation;

// Segments whose records are made by hand: what no writer leaves and damage may.
class SegmentReadTest : public LogTest {
protected:
    SegmentReadTest() {
        EXPECT_TRUE(open());
        log_ = nullptr;
        head_ = **read_head(**files_.open(segment(0)));
    }

    std::string record(std::uint64_t first, std::uint64_t rows) const {
        std::string bytes;
        append_record(bytes, readings(first, rows), first, head_.segment, group());
        return bytes;
    }
    // Its batch does not decode, though its sum is right.
    std::string no_batch(std::uint64_t first, std::uint64_t rows) const {
        std::string bytes = record(first, rows);
        for (std::size_t i = record_header_bytes; i < bytes.size(); ++i) bytes[i] = '\xFF';
        return with_sum(std::move(bytes));
    }
    // Its header says another number of rows than its batch has.
    std::string with_rows(std::string bytes, std::uint32_t rows) const {
        std::memcpy(bytes.data() + 16, &rows, sizeof rows);
        return with_sum(std::move(bytes));
    }
    static std::string with_sum(std::string bytes) {
        const std::uint32_t sum = crc32c(0, std::as_bytes(std::span(bytes)).subspan(8));
        std::memcpy(bytes.data() + 4, &sum, sizeof sum);
        return bytes;
    }
    void add(const std::string& bytes) { content_ += bytes; }
    std::uint64_t group() const { return head_.size + content_.size(); }

    // Puts it all in the first segment and opens the log.
    void reopen() {
        std::vector<std::byte> bytes(content_.size());
        std::memcpy(bytes.data(), content_.data(), bytes.size());
        files_.overwrite(segment(0), head_.size, bytes);
        files_.restart();
        ASSERT_TRUE(open());
    }

    // The first page of what is read next fails for good; so do copies, from the n-th on.
    void fail_first_page_and_copies(int from) {
        files_.inject([reads = 0, creates = 0, from](Operation operation,
                                                     const std::string& path) mutable {
            if (operation == Operation::read) return ++reads <= 4 ? EIO : 0;
            if (operation != Operation::create || path.find("quarantine") == std::string::npos) {
                return 0;
            }
            return ++creates >= from ? EIO : 0;
        });
    }

    SegmentHead head_;
    std::string content_;
};

TEST_F(SegmentReadTest, ARecordThatStandsThereTwiceIsReadOnce) {
    add(record(0, 10));
    add(record(10, 10));
    add(record(0, 10));
    add(record(20, 10));
    reopen();
    EXPECT_EQ(read_all(0).size(), 30U);
    EXPECT_EQ(lost_, 0U);
}

TEST_F(SegmentReadTest, NumbersThatAreMissingBetweenRecordsAreLost) {
    add(record(0, 10));
    add(record(20, 10));
    reopen();
    EXPECT_EQ(read_all(0).size(), 20U);
    EXPECT_EQ(lost_, 10U);
    EXPECT_EQ(log_->counters().lost_readings, 10U);
}

TEST_F(SegmentReadTest, ARecordThatIsNoBatchIsKeptAndCounted) {
    add(record(0, 10));
    add(no_batch(10, 10));
    add(with_rows(record(20, 10), 9));
    add(record(29, 10));
    reopen();
    EXPECT_EQ(read_all(0).size(), 20U);
    EXPECT_EQ(lost_, 19U);
    EXPECT_EQ(log_->counters().quarantined_ranges, 2U);
}

TEST_F(SegmentReadTest, NothingIsSkippedThatCanNeitherBeReadNorKept) {
    const std::uint64_t rows = 90;  // more than a page
    add(record(0, rows));
    add(record(rows, rows));
    add(no_batch(2 * rows, 10));
    reopen();
    // The first record cannot be read, and the bytes before the second not be kept.
    fail_first_page_and_copies(1);
    EXPECT_FALSE(log_->read(0, 1000));
    // Kept, but not what comes later and is no batch.
    fail_first_page_and_copies(2);
    EXPECT_FALSE(log_->read(0, 1000));
    files_.inject({});
    EXPECT_EQ(log_->counters().lost_readings, rows) << "what was kept is not read again";
    EXPECT_EQ(read_all(0).size(), 2 * rows);
    EXPECT_EQ(lost_, 10U);
}

TEST_F(SegmentReadTest, WhatAFailedWriteLeftIsNotReadEvenIfTheGroupBeforeIsDamaged) {
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(0, 10));
    bool fail = true;
    files_.inject([&fail](Operation operation, const std::string&) {
        return operation == Operation::sync && std::exchange(fail, false) ? EIO : 0;
    });
    ASSERT_FALSE(commit(500, 7));
    ASSERT_TRUE(commit(10, 10));
    files_.overwrite(segment(0), head_.size + 60, std::vector<std::byte>(3, std::byte{0xA5}));
    files_.restart();
    ASSERT_TRUE(open());
    const auto got = read_all(0);
    EXPECT_EQ(got.size(), 10U);
    EXPECT_EQ(got.begin()->first, 17U);
    EXPECT_EQ(lost_, 10U);
}

TEST_F(SegmentReadTest, ALongSegmentIsReadFromWhereItIsAsked) {
    options_.segment_bytes = 1U << 20;
    options_.dir = "/data/long";
    ASSERT_TRUE(open());
    for (int n = 0; n < 400; ++n) ASSERT_TRUE(commit(log_->end(), 20));
    const std::uint64_t end = log_->end();
    for (int again = 0; again < 2; ++again) {
        // Backwards and then forwards, so that the index is made in both directions.
        for (std::uint64_t from = end - 100; from > 200; from -= 100) {
            const auto run = log_->read(from, 50);
            ASSERT_TRUE(run);
            std::map<std::uint64_t, std::uint64_t> got;
            collect(*run, got);
            ASSERT_LE(got.begin()->first, from);
            ASSERT_EQ(got.rbegin()->first + 1, run->end);
        }
        EXPECT_EQ(read_all(0).size(), end);
        EXPECT_EQ(log_->read(0, 0)->records.size(), 1U) << "at least one";
        files_.restart();
        ASSERT_TRUE(open());
    }
    // The index begins behind what was there before, and then grows backwards.
    for (int n = 0; n < 100; ++n) ASSERT_TRUE(commit(log_->end(), 20));
    EXPECT_EQ(read_all(0).size(), end + 2000);
}

TEST_F(SegmentReadTest, FieldsThatAreGoneOrOfAnotherTypeAreLeftOut) {
    add(record(0, 10));
    reopen();
    log_ = nullptr;
    using model::ColumnType;
    const std::vector<model::Field> schemas[] = {
        {},
        {{"note", ColumnType::float64, false}, {"temperature", ColumnType::int64, false}},
        {{"temperature", ColumnType::float64, false}, {"note", ColumnType::utf8, false},
         {"new", ColumnType::boolean, false}}};
    for (const auto& fields : schemas) {
        const model::Schema schema(fields);
        const auto opened = Log::open(options_, schema, files_);
        ASSERT_TRUE(opened);
        for (int again = 0; again < 2; ++again) {
            const auto run = (*opened)->read(0, 100);
            ASSERT_TRUE(run);
            ASSERT_EQ(run->records.size(), 1U);
            const model::Batch& batch = *run->records[0].batch;
            EXPECT_EQ(batch.rows(), 10);
            EXPECT_EQ(id_at(batch, 3), 3U);
            const bool same_type = fields.size() == 3;
            if (!fields.empty()) {
                EXPECT_EQ(batch.has(model::column_first_field, 3), same_type);
            }
        }
    }
}

// The store alone, with segments of more than one piece.
class SegmentStoreTest : public testing::Test {
protected:
    SegmentStoreTest() {
        options_.dir = "/data";
        options_.segment_bytes = 9U << 20;
        options_.size_max = 3 * options_.segment_bytes;
        EXPECT_TRUE(make_directories(files_, "/data/quarantine"));
    }

    test::FakeFiles files_;
    Options options_;
    Quarantine quarantine_{files_, "/data"};
    SegmentStore store_{options_, test_schema(), files_, quarantine_};
};

TEST_F(SegmentStoreTest, TheFirstIsSmallAndTheNextIsWrittenInPieces) {
    const auto first = store_.begin(0, 0);
    ASSERT_TRUE(first);
    EXPECT_EQ((*first)->bytes(), 4U << 20);
    int pieces = 1;
    while (*store_.prepare_spare()) ++pieces;
    EXPECT_EQ(pieces, 3);
    EXPECT_FALSE(*store_.prepare_spare()) << "there is one";
    EXPECT_FALSE(store_.wants_spare());
    EXPECT_EQ(files_.contents("/data/spare.log").size(), options_.segment_bytes);
    EXPECT_EQ((*store_.begin(10, 10))->bytes(), options_.segment_bytes);
}

TEST_F(SegmentStoreTest, OnlyACleanUnusedSegmentOfFullSizeBecomesTheSpare) {
    auto small = *store_.begin(0, 0);
    auto held = *store_.begin(10, 10);
    auto failed = *store_.begin(20, 20);
    EXPECT_FALSE(store_.wants_spare()) << "the quota is used up";
    EXPECT_FALSE(*store_.prepare_spare());
    ASSERT_TRUE(store_.remove(std::move(small), true));
    EXPECT_EQ(store_.recycled(), 0U) << "too small";
    const auto reader = held;
    ASSERT_TRUE(store_.remove(std::move(held), true));
    EXPECT_EQ(store_.recycled(), 0U) << "somebody reads it";
    ASSERT_TRUE(store_.remove(std::move(failed), false));
    EXPECT_EQ(store_.recycled(), 0U) << "it failed to sync";
    EXPECT_EQ(store_.bytes(), 0U);
    auto one = *store_.begin(30, 30);  // small again: there is nothing
    auto two = *store_.begin(40, 40);
    auto three = *store_.begin(50, 50);
    ASSERT_TRUE(store_.remove(std::move(one), true));
    ASSERT_TRUE(store_.remove(std::move(two), true));
    EXPECT_EQ(store_.recycled(), 1U);
    ASSERT_TRUE(store_.remove(std::move(three), true));
    EXPECT_EQ(store_.recycled(), 1U) << "there is a spare";
    EXPECT_EQ(*files_.list("/data"), std::vector<std::string>{"spare.log"});
    EXPECT_EQ(store_.bytes(), options_.segment_bytes);
}

TEST_F(SegmentStoreTest, ANameThatDoesNotGoIsStillCounted) {
    auto segment = *store_.begin(0, 0);
    const std::uint64_t bytes = store_.bytes();
    files_.inject([](Operation operation, const std::string&) {
        return operation == Operation::unlink || operation == Operation::rename ? EIO : 0;
    });
    EXPECT_FALSE(store_.remove(std::move(segment), true));
    EXPECT_EQ(store_.bytes(), bytes);
    files_.inject({});
    auto full = *store_.begin(10, 10);
    files_.inject([](Operation operation, const std::string&) {
        return operation == Operation::rename ? EIO : 0;
    });
    EXPECT_FALSE(store_.remove(std::move(full), true));
    EXPECT_EQ(store_.recycled(), 0U);
}

TEST_F(SegmentStoreTest, AnInterruptedSpareIsGivenBack) {
    ASSERT_TRUE(store_.begin(0, 0));
    const std::uint64_t bytes = store_.bytes();
    ASSERT_TRUE(*store_.prepare_spare());
    EXPECT_TRUE(store_.wants_spare()) << "one is begun, not finished";
    files_.inject([](Operation operation, const std::string&) {
        return operation == Operation::write ? EIO : 0;
    });
    EXPECT_FALSE(store_.prepare_spare());
    EXPECT_EQ(store_.bytes(), bytes);
    EXPECT_EQ(files_.list("/data")->size(), 1U);
}

}  // namespace
}  // namespace ingest::spool
