#include "model/batch_codec.h"

#include <gtest/gtest.h>

#include "unit/model/random_batches.h"

namespace ingest::model {
namespace {

class BatchCodecTest : public ::testing::Test {
protected:
    static std::string encoded(const Batch& batch) {
        std::string bytes;
        BatchCodec::encode(batch, bytes);
        return bytes;
    }
    Result<void> decode(const std::string& bytes) {
        return BatchCodec::decode(std::as_bytes(std::span(bytes)), decoded_);
    }
    // The property that any bytes must have.
    void expect_refused_or_reads_back(const std::string& bytes) {
        if (decode(bytes)) {
            ASSERT_EQ(encoded(decoded_), bytes);
            expect_sound_buffers(decoded_);
        } else {
            ASSERT_EQ(decoded_.rows(), 0);
        }
    }
    std::unique_ptr<Schema> schema_ = schema_of_all_types();
    RandomBatches random_{6};
    Batch decoded_{*schema_};
};

TEST_F(BatchCodecTest, RandomBatchesReadBack) {
    for (int round = 0; round < 300; ++round) {
        const Batch batch = random_.batch(*schema_, random_.below(100));
        const std::string bytes = encoded(batch);
        ASSERT_EQ(bytes.size(), BatchCodec::encoded_size(batch));
        ASSERT_TRUE(decode(bytes));  // into what the round before left
        ASSERT_EQ(read_rows(decoded_), read_rows(batch));
        ASSERT_TRUE(decoded_ == batch);
        expect_sound_buffers(decoded_);
        ASSERT_EQ(encoded(decoded_), bytes);
    }
}

TEST_F(BatchCodecTest, AppendsToWhatIsThere) {
    const Batch batch = random_.batch(*schema_, 3);
    std::string bytes = "head";
    BatchCodec::encode(batch, bytes);
    EXPECT_EQ(bytes, "head" + encoded(batch));
}

TEST_F(BatchCodecTest, LayoutIsAsDocumented) {
    const Schema schema({{"label", ColumnType::utf8, false}, {"on", ColumnType::boolean, false}});
    Batch batch(schema);
    for (const char* label : {"ab", "", "c"}) {
        batch.add_row();
        batch.set_utf8(4, label);
        batch.set_boolean(5, *label != '\0');
    }
    batch.change_null(5, 2);
    const std::string bytes = encoded(batch);
    EXPECT_EQ(bytes.substr(0, 8), std::string("\3\0\0\0\6\0\0\0", 8));
    const std::string label("\2\3\0\0\0\7\2\0\0\0\2\0\0\0\3\0\0\0abc", 21);
    const std::string on("\3\0\0\0\0\3\5", 7);
    EXPECT_EQ(bytes.substr(bytes.size() - 28), label + on);
}

TEST_F(BatchCodecTest, AnyCutIsRefusedOrReadsBack) {
    for (const std::uint64_t rows : {0U, 1U, 9U}) {
        const std::string bytes = encoded(random_.batch(*schema_, rows));
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            EXPECT_FALSE(decode(bytes.substr(0, size))) << size;
            EXPECT_EQ(decoded_.rows(), 0);
        }
        EXPECT_FALSE(decode(bytes + '\0'));
    }
}

TEST_F(BatchCodecTest, AnyChangedByteIsRefusedOrReadsBack) {
    for (const std::uint64_t rows : {0U, 1U, 3U}) {
        const std::string bytes = encoded(random_.batch(*schema_, rows));
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            std::string changed = bytes;
            for (unsigned flip = 1; flip < 256; ++flip) {
                changed[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ flip);
                expect_refused_or_reads_back(changed);
            }
        }
    }
}

TEST_F(BatchCodecTest, ShuffledBytesAreRefusedOrReadBack) {
    const std::string bytes = encoded(random_.batch(*schema_, 12));
    for (int round = 0; round < 20'000; ++round) {
        std::string changed = bytes;
        for (auto n = random_.below(8) + 1; n > 0; --n) {
            changed[random_.below(changed.size())] = static_cast<char>(random_.below(256));
        }
        if (random_.below(2) == 0) changed.resize(random_.below(changed.size() + 1));
        expect_refused_or_reads_back(changed);
    }
}

TEST_F(BatchCodecTest, HugeCountsTakeNoMemory) {
    std::string bytes = encoded(Batch(*schema_));
    for (std::size_t i = 0; i < 4; ++i) bytes[i] = '\xFF';
    EXPECT_FALSE(decode(bytes));
    // Enough bytes for the row count's bitmaps, not for its values.
    bytes.resize(1 << 20);
    bytes[3] = '\0';
    bytes[2] = '\x7F';
    EXPECT_FALSE(decode(bytes));
    EXPECT_LT(decoded_.column(column_reading_id).values.capacity(), bytes.size());
}

TEST_F(BatchCodecTest, OtherSchemasAreRefused) {
    const Schema fewer({{"real", ColumnType::float64, true}});
    EXPECT_FALSE(decode(encoded(random_.batch(fewer, 2))));
    Batch other(fewer);
    const Schema retyped({{"real", ColumnType::int64, true}});
    const std::string bytes = encoded(random_.batch(retyped, 2));
    EXPECT_FALSE(BatchCodec::decode(std::as_bytes(std::span(bytes)), other));
}

}  // namespace
}  // namespace ingest::model
