#include "spool/group.h"

#include <gtest/gtest.h>

#include "unit/spool/readings.h"

namespace ingest::spool {
namespace {

constexpr std::uint32_t record_rows_max = 20;

class GroupTest : public testing::Test {
protected:
    void submit(std::uint64_t rows) {
        Submission& added = submissions_.emplace_back(readings(next_id_, rows), nullptr);
        next_id_ += rows;
        bytes_.push_back(bytes_of(added.batch));
    }
    void assemble_all() {
        group_ = assemble(submissions_, 100, record_rows_max, test_schema());
        std::map<std::uint64_t, std::uint64_t> got;
        collect({.records = group_.records, .end = group_.readings.end}, got);
        EXPECT_EQ(group_.readings, (Range{100, 100 + next_id_}));
        EXPECT_EQ(got.size(), next_id_);
        for (const auto& [position, id] : got) EXPECT_EQ(position, 100 + id);
    }
    std::vector<std::int64_t> rows() const {
        std::vector<std::int64_t> all;
        for (const Record& record : group_.records) all.push_back(record.batch->rows());
        return all;
    }
    // Whether a record is a submission's batch itself.
    bool moved(std::size_t record, std::size_t submission) const {
        return bytes_of(*group_.records.at(record).batch) == bytes_.at(submission);
    }

private:
    static const std::byte* bytes_of(const model::Batch& batch) {
        return batch.column(model::column_timestamp).values.data();
    }

    std::vector<Submission> submissions_;
    std::uint64_t next_id_ = 0;
    std::vector<const std::byte*> bytes_;
    Group group_;
};

using Rows = std::vector<std::int64_t>;

TEST_F(GroupTest, ALoneBatchIsNotCopiedHoweverSmall) {
    submit(1);
    assemble_all();
    EXPECT_EQ(rows(), Rows({1}));
    EXPECT_TRUE(moved(0, 0));
}

TEST_F(GroupTest, EmptyBatchesBesideItChangeNothing) {
    for (const std::uint64_t rows : {0U, 3U, 0U}) submit(rows);
    assemble_all();
    EXPECT_EQ(rows(), Rows({3}));
    EXPECT_TRUE(moved(0, 1));
}

TEST_F(GroupTest, ALargeBatchIsNotCopiedAndTheLastOneOnlyIfNoneIsOpen) {
    submit(18);
    submit(3);
    assemble_all();
    EXPECT_EQ(rows(), Rows({18, 3}));
    EXPECT_TRUE(moved(0, 0));
    EXPECT_TRUE(moved(1, 1));
}

TEST_F(GroupTest, SmallBatchesAreMergedTheLastOneToo) {
    for (const std::uint64_t rows : {3U, 5U, 8U}) submit(rows);
    assemble_all();
    EXPECT_EQ(rows(), Rows({16}));
}

TEST_F(GroupTest, ALoneBatchThatIsTooLargeIsCut) {
    submit(45);
    assemble_all();
    EXPECT_EQ(rows(), Rows({20, 20, 5}));
}

}  // namespace
}  // namespace ingest::spool
