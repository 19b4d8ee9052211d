#include "model/batch.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "unit/model/random_batches.h"

namespace ingest::model {
namespace {

class BatchTest : public ::testing::Test {
protected:
    std::size_t column(const char* name) const { return schema_->find(name).value(); }
    std::unique_ptr<Schema> schema_ = schema_of_all_types();
    RandomBatches random_{5};
};

TEST_F(BatchTest, NewRowsAreNull) {
    Batch batch(*schema_);
    EXPECT_TRUE(batch.empty());
    batch.add_row();
    for (std::size_t i = 0; i < schema_->size(); ++i) EXPECT_FALSE(batch.has(i, 0));
    EXPECT_EQ(batch.utf8(column("label"), 0), "");
    EXPECT_EQ(batch.rows(), 1);
}

TEST_F(BatchTest, HoldsWhatIsSet) {
    Batch batch(*schema_);
    batch.add_row();
    batch.set_float64(column("real"), -0.0);
    batch.set_int64(column("count"), INT64_MIN);
    batch.set_utf8(column("label"), "");
    batch.set_boolean(column("on"), true);
    batch.set_null(column("on"));
    EXPECT_TRUE(std::signbit(batch.float64(column("real"), 0)));
    EXPECT_EQ(batch.int64(column("count"), 0), INT64_MIN);
    EXPECT_TRUE(batch.has(column("label"), 0));  // empty is not absent
    EXPECT_FALSE(batch.has(column("on"), 0));
    EXPECT_FALSE(batch.has(column("note"), 0));
}

TEST_F(BatchTest, DroppedRowsLeaveNoTrace) {
    for (const std::uint64_t kept : {0U, 1U, 7U, 8U, 63U, 64U}) {
        Batch batch = random_.batch(*schema_, kept);
        const PlainRows before = read_rows(batch);
        for (int i = 0; i < 20; ++i) append_row(batch, random_.row(*schema_));
        for (int i = 0; i < 20; ++i) batch.drop_last_row();
        EXPECT_EQ(read_rows(batch), before);
        expect_sound_buffers(batch);
        batch.add_row();
        for (std::size_t i = 0; i < schema_->size(); ++i) {
            EXPECT_FALSE(batch.has(i, batch.rows() - 1));
        }
        EXPECT_FALSE(batch.boolean(column("hot"), batch.rows() - 1));
        EXPECT_EQ(batch.int64(column("count"), batch.rows() - 1), 0);
    }
}

TEST_F(BatchTest, AppendsAtEveryBitOffset) {
    const Batch source = random_.batch(*schema_, 40);
    const PlainRows source_rows = read_rows(source);
    for (std::int64_t before = 0; before < 17; ++before) {
        const Batch head = random_.batch(*schema_, static_cast<std::uint64_t>(before));
        for (std::int64_t first = 0; first < 17; ++first) {
            for (const std::int64_t count : {0, 1, 7, 8, 9, 23}) {
                Batch batch(*schema_);
                batch.append(head);
                batch.append(source, first, count);
                PlainRows expected = read_rows(head);
                expected.insert(expected.end(), source_rows.begin() + first,
                                source_rows.begin() + first + count);
                ASSERT_EQ(read_rows(batch), expected) << before << ' ' << first << ' ' << count;
                expect_sound_buffers(batch);
            }
        }
    }
}

TEST_F(BatchTest, AppendsBatchesOfAnEqualSchemaOnly) {
    const auto same = schema_of_all_types();
    const Schema other({{"real", ColumnType::float64, true}});
    Batch batch(*schema_);
    batch.append(random_.batch(*same, 3));
    EXPECT_EQ(batch.rows(), 3);
    EXPECT_DEATH(batch.append(Batch(other)), "appended batches have the same layout");
}

TEST_F(BatchTest, AdaptsByNameAndType) {
    // Reordered, one field gone, one new, one of another type under the same name.
    const Schema now({{"hot", ColumnType::boolean, false},
                      {"new", ColumnType::utf8, false},
                      {"count", ColumnType::float64, false},
                      {"label", ColumnType::utf8, false},
                      {"real", ColumnType::float64, true}});
    for (const std::uint64_t before : {0U, 3U, 8U}) {
        const Batch old = random_.batch(*schema_, 21);
        Batch batch = random_.batch(now, before);
        const PlainRows kept = read_rows(batch);
        batch.append_adapted(old);
        ASSERT_EQ(batch.rows(), static_cast<std::int64_t>(before) + 21);
        PlainRows expected = kept;
        for (const PlainRow& row : read_rows(old)) {
            PlainRow& adapted = expected.emplace_back(row.begin(), row.begin() + 4);
            adapted.insert(adapted.end(), {row[column("hot")], {}, {}, row[column("label")],
                                           row[column("real")]});
        }
        EXPECT_EQ(read_rows(batch), expected);
        expect_sound_buffers(batch);
    }
}

TEST_F(BatchTest, TextEditsMayShareARow) {
    Batch batch(*schema_);
    for (const char* label : {"one", "two", "three"}) {
        batch.add_row();
        batch.set_utf8(column("label"), label);
    }
    batch.add_row();
    const Batch::TextEdit edits[] = {{0, "longer than it was"}, {1, ""}, {1, "last"}, {3, "new"}};
    batch.change_utf8(column("label"), edits);
    EXPECT_EQ(batch.utf8(column("label"), 0), "longer than it was");
    EXPECT_EQ(batch.utf8(column("label"), 1), "last");
    EXPECT_EQ(batch.utf8(column("label"), 2), "three");
    EXPECT_EQ(batch.utf8(column("label"), 3), "new");
    EXPECT_TRUE(batch.has(column("label"), 3));
    batch.change_utf8(column("label"), {});
    EXPECT_EQ(batch.utf8(column("label"), 3), "new");
    expect_sound_buffers(batch);
}

TEST_F(BatchTest, TextEditsMayPointIntoTheBatch) {
    Batch batch(*schema_);
    for (const char* label : {"abc", "def"}) {
        batch.add_row();
        batch.set_utf8(column("label"), label);
    }
    const Batch::TextEdit edits[] = {{0, batch.utf8(column("label"), 1)},
                                     {1, batch.utf8(column("label"), 0)}};
    batch.change_utf8(column("label"), edits);
    EXPECT_EQ(batch.utf8(column("label"), 0), "def");
    EXPECT_EQ(batch.utf8(column("label"), 1), "abc");
}

TEST_F(BatchTest, EqualityIsOfContent) {
    const Batch a = random_.batch(*schema_, 20);
    Batch b(*schema_);
    b.append(a);
    EXPECT_TRUE(a == b);
    b.change_null(column("hot"), 7);
    Batch c(*schema_);
    c.append(b);
    EXPECT_TRUE(b == c);
    c.change_boolean(column("hot"), 7, true);
    EXPECT_FALSE(b == c);
    Batch zero(*schema_), minus_zero(*schema_);
    zero.add_row();
    minus_zero.add_row();
    zero.set_float64(column("real"), 0.0);
    minus_zero.set_float64(column("real"), -0.0);
    EXPECT_FALSE(zero == minus_zero);
}

TEST_F(BatchTest, MovesToABatchOfAnotherSchema) {
    const Schema other({{"only", ColumnType::int64, false}});
    Batch batch(other);
    Batch source = random_.batch(*schema_, 9);
    const PlainRows rows = read_rows(source);
    batch = std::move(source);
    EXPECT_EQ(&batch.schema(), schema_.get());
    EXPECT_EQ(read_rows(batch), rows);
    Batch again(std::move(batch));
    EXPECT_EQ(read_rows(again), rows);
    batch = Batch(other);
    batch.add_row();
    expect_sound_buffers(batch);
}

// Of one batch, in their order in memory.
std::vector<const Buffer*> lent_buffers(const Batch& batch) {
    std::vector<const Buffer*> lent;
    for (std::size_t i = 0; i < batch.schema().size(); ++i) {
        const Batch::Column& column = batch.column(i);
        for (const Buffer* buffer : {&column.validity, &column.values, &column.chars}) {
            if (buffer->lent()) lent.push_back(buffer);
        }
    }
    std::ranges::sort(lent, {}, [](const Buffer* buffer) { return buffer->data(); });
    return lent;
}

std::size_t capacities(const Batch& batch) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < batch.schema().size(); ++i) {
        const Batch::Column& column = batch.column(i);
        sum += column.validity.capacity() + column.values.capacity() + column.chars.capacity();
    }
    return sum;
}

TEST_F(BatchTest, BeginsInOneBlockWithRoomForTheRowsThatAreExpected) {
    constexpr std::int64_t rows = 500;
    Batch batch(*schema_, rows);
    expect_sound_buffers(batch);
    const auto lent = lent_buffers(batch);
    // Of each column two, and a third of those with text: equipment_id, label, note.
    ASSERT_EQ(lent.size(), 2 * schema_->size() + 3);
    for (std::size_t i = 1; i < lent.size(); ++i) {
        EXPECT_EQ(lent[i]->data(), lent[i - 1]->data() + lent[i - 1]->capacity());
    }
    const std::size_t memory = batch.memory();
    EXPECT_GE(memory, capacities(batch));
    for (std::int64_t row = 0; row < rows; ++row) {
        batch.add_row();
        batch.set_utf8(column_equipment_id, "PUMP-A1-001");
        batch.set_int64(column("count"), row);
        batch.set_boolean(column("on"), true);
    }
    EXPECT_EQ(lent_buffers(batch), lent) << "nothing had to grow";
    EXPECT_EQ(batch.memory(), memory);
    expect_sound_buffers(batch);
}

TEST_F(BatchTest, AColumnThatOutgrowsTheBlockHasMemoryOfItsOwn) {
    Batch batch(*schema_);
    const std::size_t memory = batch.memory();
    const std::string label(5000, 'x');
    batch.add_row();
    batch.set_utf8(column("label"), label);
    EXPECT_FALSE(batch.column(column("label")).chars.lent());
    EXPECT_EQ(lent_buffers(batch).size(), 2 * schema_->size() + 2);
    EXPECT_GE(batch.memory(), memory + label.size()) << "the block is held as well";
    EXPECT_GE(batch.memory(), capacities(batch));
    EXPECT_EQ(batch.utf8(column("label"), 0), label);
    expect_sound_buffers(batch);
}

TEST_F(BatchTest, MovesAndSwapsWhateverHasOutgrownItsBlock) {
    for (const std::uint64_t rows : {3U, 64U, 65U, 300U}) {
        std::vector<Batch> batches;
        std::vector<PlainRows> expected;
        for (const std::uint64_t some : {rows, std::uint64_t{2}, rows + 1}) {
            batches.push_back(random_.batch(*schema_, some));  // moves those before, too
            expected.push_back(read_rows(batches.back()));
        }
        std::swap(batches[0], batches[1]);
        std::swap(expected[0], expected[1]);
        Batch moved(std::move(batches[2]));
        batches.pop_back();
        batches.push_back(std::move(moved));
        moved = Batch(*schema_);
        for (std::size_t i = 0; i < batches.size(); ++i) {
            EXPECT_EQ(read_rows(batches[i]), expected[i]);
            const PlainRow row = random_.row(*schema_);
            append_row(batches[i], row);
            expected[i].push_back(row);
            EXPECT_EQ(read_rows(batches[i]), expected[i]);
            expect_sound_buffers(batches[i]);
        }
    }
}

TEST_F(BatchTest, CountsBytesInUse) {
    Batch batch(*schema_);
    const std::size_t empty = batch.bytes();
    batch.add_row();
    batch.set_utf8(column("label"), std::string(1000, 'x'));
    EXPECT_GT(batch.bytes(), empty + 1000);
    batch.clear();
    EXPECT_EQ(batch.bytes(), empty);
    expect_sound_buffers(batch);
}

// The plain rows are the reference: whatever is done to both, they stay the same.
class BatchDifferentialTest : public BatchTest {
protected:
    void change_cell() {
        const auto row = static_cast<std::int64_t>(random_.below(reference_.size()));
        const auto i = static_cast<std::size_t>(random_.below(schema_->size()));
        if (i == column_reading_id) return;
        const PlainCell cell = random_.cell((*schema_)[i].type);
        reference_[static_cast<std::size_t>(row)][i] = cell;
        if (const auto* real = std::get_if<Bits>(&cell)) {
            batch_.change_float64(i, row, std::bit_cast<double>(real->value));
        } else if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
            batch_.change_int64(i, row, *integer);
        } else if (const auto* truth = std::get_if<bool>(&cell)) {
            batch_.change_boolean(i, row, *truth);
        } else if (const auto* text = std::get_if<std::string>(&cell)) {
            const Batch::TextEdit edit{row, *text};
            batch_.change_utf8(i, {&edit, 1});
        } else {
            batch_.change_null(i, row);
        }
    }
    void change_texts() {
        const std::size_t i = column("label");
        std::map<std::int64_t, std::string> texts;
        for (int k = 0; k < 5; ++k) {
            texts[static_cast<std::int64_t>(random_.below(reference_.size()))] = random_.text();
        }
        std::vector<Batch::TextEdit> edits;
        for (const auto& [row, text] : texts) {
            edits.push_back({row, text});
            reference_[static_cast<std::size_t>(row)][i] = text;
        }
        batch_.change_utf8(i, edits);
    }
    void append_some() {
        const Batch source = random_.batch(*schema_, random_.below(30));
        const auto rows = static_cast<std::uint64_t>(source.rows());
        const auto first = static_cast<std::int64_t>(random_.below(rows + 1));
        const auto count = static_cast<std::int64_t>(
            random_.below(rows - static_cast<std::uint64_t>(first) + 1));
        if (random_.below(2) == 0) {
            batch_.append(source, first, count);
            const PlainRows added = read_rows(source);
            reference_.insert(reference_.end(), added.begin() + first,
                              added.begin() + first + count);
        } else {
            batch_.append_adapted(source);
            for (PlainRow& row : read_rows(source)) reference_.push_back(std::move(row));
        }
    }
    void step() {
        const auto choice = random_.below(100);
        if (choice < 40) {
            const PlainRow row = random_.row(*schema_);
            append_row(batch_, row);
            reference_.push_back(row);
        } else if (reference_.size() > 200) {
            batch_.clear();
            reference_.clear();
        } else if (choice > 90) {
            append_some();
        } else if (!reference_.empty() && choice < 60) {
            batch_.drop_last_row();
            reference_.pop_back();
        } else if (!reference_.empty() && choice < 85) {
            change_cell();
        } else if (!reference_.empty()) {
            change_texts();
        }
    }
    Batch batch_{*schema_};
    PlainRows reference_;
};

TEST_F(BatchDifferentialTest, StaysWithTheReference) {
    std::size_t rows_most = 0;
    for (int i = 0; i < 6'000; ++i) {
        step();
        rows_most = std::max(rows_most, reference_.size());
        if (i % 5 == 0 || reference_.size() < 20) {
            ASSERT_EQ(read_rows(batch_), reference_) << "after step " << i;
            expect_sound_buffers(batch_);
        }
    }
    EXPECT_GT(rows_most, 200U);
}

}  // namespace
}  // namespace ingest::model
