#include "deliver/slice.h"

#include <gmock/gmock.h>

#include "support/batches.h"

namespace ingest::deliver {
namespace {

using ::testing::ElementsAre;

class SliceTest : public ::testing::Test {
protected:
    SliceTest() : schema_(test::sensor_schema()) {}

    // Positions are also the temperatures.
    spool::Record record(std::uint64_t first, int rows) const {
        auto batch = std::make_shared<model::Batch>(*schema_);  // shared, as records are
        for (int i = 0; i < rows; ++i) {
            test::add_reading(*batch, "PUMP-A1-001",
                              {static_cast<double>(first) + i, 0.5, 1.0});
        }
        return {first, batch};
    }

    static std::vector<double> temperatures(const Slice& slice) {
        SliceBatches batches;
        batches.fill(slice, 7);
        std::vector<double> all;
        for (const ingest_batch* batch : batches.batches()) {
            EXPECT_EQ(batch->deadline_ns, 7);
            const auto* column = batch->data->children[4];
            const auto* values = static_cast<const double*>(column->buffers[1]);
            EXPECT_EQ(static_cast<double>(batch->sequence), values[0]);
            all.insert(all.end(), values, values + column->length);
        }
        return all;
    }

    std::unique_ptr<model::Schema> schema_;
};

TEST_F(SliceTest, ShowsWholeRecordsWithoutACopy) {
    const Slice slice{{0, 3}, {record(0, 3)}};
    SliceBatches batches;
    batches.fill(slice, 0);
    ASSERT_EQ(batches.batches().size(), 1U);
    EXPECT_EQ(batches.batches()[0]->data->children[4]->buffers[1],
              slice.records[0].batch->column(4).values.data());
}

TEST_F(SliceTest, CutsRecordsAtBothEnds) {
    const Slice slice{{2, 7}, {record(0, 4), record(4, 2), record(6, 4)}};
    EXPECT_EQ(rows_in(slice), 5U);
    EXPECT_THAT(temperatures(slice), ElementsAre(2, 3, 4, 5, 6));
}

TEST_F(SliceTest, HalvesUntilOneIsAlone) {
    const Slice slice{{2, 7}, {record(0, 4), record(4, 2), record(6, 4)}};
    const auto [first, second] = halve(slice);
    EXPECT_THAT(temperatures(first), ElementsAre(2, 3));
    EXPECT_THAT(temperatures(second), ElementsAre(4, 5, 6));
    EXPECT_EQ(first.records.size(), 1U);
    const auto [left, right] = halve(first);
    EXPECT_THAT(temperatures(left), ElementsAre(2));
    EXPECT_THAT(temperatures(right), ElementsAre(3));
}

TEST_F(SliceTest, HolesHoldNoReadings) {
    const Slice slice{{0, 20}, {record(0, 2), record(18, 2)}};
    EXPECT_EQ(rows_in(slice), 4U);
    const auto [first, second] = halve(slice);
    EXPECT_EQ(rows_in(first), 2U);
    const auto [left, right] = halve(second);
    EXPECT_EQ(rows_in(left), 0U);
    EXPECT_EQ(left.range, (spool::Range{10, 15}));
    EXPECT_THAT(temperatures(right), ElementsAre(18, 19));
}

}  // namespace
}  // namespace ingest::deliver
