#include "postgres-sink/binary_array.h"

#include <gtest/gtest.h>

#include <string>

#include "model/arrow_view.h"
#include "support/batches.h"
#include "unit/plugins/hex.h"

namespace ingest::postgres_sink {
namespace {

using model::ColumnType;
using test::hex;

// The arrays of the column `index` of batches with this one row more than the next, as hex.
class PostgresBinaryArray : public testing::Test {
protected:
    std::string encoded(const model::Batch& batch, std::size_t index, const char* format,
                        int times = 1) {
        const model::ArrowView view(batch);
        const sdk::Column column(view.array()->children[index]);
        array_.start(*find_type(format), batch.rows() * times);
        for (int i = 0; i < times; ++i) array_.append(column);
        return hex(array_.bytes());
    }

    BinaryArray array_;
    const model::Schema schema_{std::vector<model::Field>{{"g", ColumnType::float64},
                                                          {"l", ColumnType::int64},
                                                          {"u", ColumnType::utf8},
                                                          {"b", ColumnType::boolean},
                                                          {"t", ColumnType::timestamp}}};
};

TEST_F(PostgresBinaryArray, WritesEveryType) {
    model::Batch batch(schema_);
    test::add_reading(batch, "AB", {-0.0, std::int64_t{-2}, std::string("ä"), true,
                                    postgres_epoch_us + 1});
    test::add_reading(batch, "", {});
    const std::string two_with_null = "00000001" "00000001";
    const std::string size = "00000002" "00000001";
    EXPECT_EQ(encoded(batch, 4, "g"),
              two_with_null + "000002bd" + size + "00000008" "8000000000000000" "ffffffff");
    EXPECT_EQ(encoded(batch, 5, "l"),
              two_with_null + "00000014" + size + "00000008" "fffffffffffffffe" "ffffffff");
    EXPECT_EQ(encoded(batch, 6, "u"),
              two_with_null + "00000019" + size + "00000002" "c3a4" "ffffffff");
    EXPECT_EQ(encoded(batch, 7, "b"),
              two_with_null + "00000010" + size + "00000001" "01" "ffffffff");
    EXPECT_EQ(encoded(batch, 8, "tsu:UTC"),
              two_with_null + "000004a0" + size + "00000008" "0000000000000001" "ffffffff");
    EXPECT_EQ(encoded(batch, 1, "u"), "00000001" "00000000" "00000019" + size +
                                          "00000002" "4142" "00000000");
    EXPECT_EQ(encoded(batch, 0, "w:16"),
              "00000001" "00000000" "00000b86" + size +
                  "00000010" "0190f3c48f3b70008000000000000001"
                  "00000010" "0190f3c48f3b70008000000000000002");
}

TEST_F(PostgresBinaryArray, AnEmptyArrayHasNoDimension) {
    EXPECT_EQ(encoded(model::Batch(schema_), 4, "g"), "00000000" "00000000" "000002bd");
}

TEST_F(PostgresBinaryArray, JoinsBatchesAndForgetsTheLastArray) {
    model::Batch batch(schema_);
    test::add_reading(batch, "long enough to leave something behind", {});
    encoded(batch, 1, "u", 3);
    batch.clear();
    test::add_reading(batch, "x", {});
    EXPECT_EQ(encoded(batch, 1, "u", 2), "00000001" "00000000" "00000019" "00000002" "00000001"
                                         "00000001" "78" "00000001" "78");
}

}  // namespace
}  // namespace ingest::postgres_sink
