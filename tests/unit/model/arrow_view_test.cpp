#include "model/arrow_view.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "unit/model/random_batches.h"

namespace ingest::model {
namespace {

void expect_aligned(const void* buffer) {
    ASSERT_NE(buffer, nullptr);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(buffer) % 64, 0U);
}

bool bit_of(const void* bits, std::int64_t i) {
    return (static_cast<const std::uint8_t*>(bits)[i / 8] >> (i % 8) & 1) != 0;
}

// A bitmap with its padding: bits from `rows` to the end of the last 64 bytes are zero.
void expect_zero_behind(const void* bits, std::int64_t rows) {
    const std::int64_t end = std::max<std::int64_t>((rows + 511) / 512, 1) * 512;
    for (std::int64_t i = rows; i < end; ++i) ASSERT_FALSE(bit_of(bits, i)) << i;
}

void expect_column(const Batch& batch, std::size_t i, const ArrowArray& array) {
    const bool text = batch.schema()[i].type == ColumnType::utf8;
    ASSERT_EQ(array.length, batch.rows());
    ASSERT_EQ(array.offset, 0);
    ASSERT_EQ(array.n_buffers, text ? 3 : 2);
    ASSERT_EQ(array.n_children, 0);
    ASSERT_EQ(array.children, nullptr);
    ASSERT_EQ(array.dictionary, nullptr);
    ASSERT_NE(array.release, nullptr);
    for (int k = 0; k < array.n_buffers; ++k) expect_aligned(array.buffers[k]);
    expect_zero_behind(array.buffers[0], batch.rows());
    std::int64_t nulls = 0;
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
        ASSERT_EQ(bit_of(array.buffers[0], row), batch.has(i, row));
        nulls += batch.has(i, row) ? 0 : 1;
    }
    ASSERT_EQ(array.null_count, nulls);
    ASSERT_EQ(array.buffers[0], batch.column(i).validity.data());  // no copy
    ASSERT_EQ(array.buffers[1], batch.column(i).values.data());
    if (text) {
        ASSERT_EQ(static_cast<const std::int32_t*>(array.buffers[1])[0], 0);
    }
}

void expect_profile(const Batch& batch, const ArrowArray& root) {
    ASSERT_EQ(root.length, batch.rows());
    ASSERT_EQ(root.null_count, 0);
    ASSERT_EQ(root.offset, 0);
    ASSERT_EQ(root.n_buffers, 1);
    ASSERT_EQ(root.dictionary, nullptr);
    ASSERT_NE(root.release, nullptr);
    expect_aligned(root.buffers[0]);
    for (std::int64_t i = 0; i < batch.rows(); ++i) ASSERT_TRUE(bit_of(root.buffers[0], i));
    expect_zero_behind(root.buffers[0], batch.rows());
    ASSERT_EQ(root.n_children, static_cast<std::int64_t>(batch.schema().size()));
    for (std::size_t i = 0; i < batch.schema().size(); ++i) {
        expect_column(batch, i, *root.children[i]);
    }
}

class ArrowViewTest : public ::testing::Test {
protected:
    std::unique_ptr<Schema> schema_ = schema_of_all_types();
    RandomBatches random_{7};
};

TEST_F(ArrowViewTest, FollowsTheProfile) {
    for (const std::uint64_t rows : {0U, 1U, 7U, 8U, 9U, 63U, 64U, 65U, 511U, 512U, 513U}) {
        const Batch batch = random_.batch(*schema_, rows);
        const ArrowView view(batch);
        expect_profile(batch, *view.array());
        expect_sound_buffers(batch);
    }
}

TEST_F(ArrowViewTest, IsRefilledForOtherBatches) {
    ArrowView view;
    const Schema narrow({{"only", ColumnType::int64, false}});
    for (int round = 0; round < 100; ++round) {
        const Batch batch =
            random_.batch(round % 3 == 0 ? narrow : *schema_, random_.below(80));
        view.fill(batch);
        expect_profile(batch, *view.array());
    }
}

TEST_F(ArrowViewTest, KeepsBuffersOfEmptiedBatches) {
    Batch batch = random_.batch(*schema_, 10);
    batch.clear();
    expect_profile(batch, *ArrowView(batch).array());
}

}  // namespace
}  // namespace ingest::model
