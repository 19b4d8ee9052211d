#include "postgres-sink/copy_rows.h"

#include <gtest/gtest.h>

#include <string>

#include "model/arrow_view.h"
#include "postgres-sink/column_type.h"
#include "support/batches.h"
#include "unit/plugins/hex.h"

namespace ingest::postgres_sink {
namespace {

using model::ColumnType;
using test::hex;

// The form that each type has in a column of its own type.
std::vector<CellForm> forms_of(const model::Schema& schema) {
    std::vector<CellForm> forms;
    for (const Column& column : columns_of(sdk::Schema(schema.arrow()))) {
        forms.push_back(column.type->form);
    }
    return forms;
}

class PostgresCopyRows : public testing::Test {
protected:
    static std::string encoded(CopyRows& rows, const model::Batch& batch) {
        const model::ArrowView view(batch);
        ingest_batch shown{};
        shown.struct_size = sizeof shown;
        shown.schema = batch.schema().arrow();
        shown.data = view.array();
        return hex(rows.rows(sdk::Batch(&shown)));
    }

    // The fixed columns of a row made by add_reading() at `postgres_epoch_us`, an id in 16 bytes.
    static std::string fixed(const std::string& last_digit, const std::string& equipment) {
        return "00000010" "0190f3c48f3b7000800000000000000" + last_digit + equipment +
               "00000008" "0000000000000000" "00000008" "00000000000003e8";
    }
};

TEST_F(PostgresCopyRows, WritesEveryType) {
    const model::Schema schema({{"g", ColumnType::float64},
                                {"l", ColumnType::int64},
                                {"u", ColumnType::utf8},
                                {"b", ColumnType::boolean},
                                {"t", ColumnType::timestamp},
                                {"w", ColumnType::uuid}});
    model::Batch batch(schema);
    test::add_reading(batch, "AB",
                      {-0.0, std::int64_t{-2}, std::string("ä"), true, postgres_epoch_us - 1},
                      postgres_epoch_us);
    batch.set_uuid(9, test::uuid_of(255));
    test::add_reading(batch, "", {}, postgres_epoch_us);
    test::add_reading(batch, "C", {0.5, {}, std::string(), false}, postgres_epoch_us);
    CopyRows rows(forms_of(schema));
    EXPECT_EQ(encoded(rows, batch),
              "000a" + fixed("1", "00000002" "4142") +
                  "00000008" "8000000000000000" "00000008" "fffffffffffffffe"
                  "00000002" "c3a4" "00000001" "01" "00000008" "ffffffffffffffff"
                  "00000010" "0190f3c48f3b700080000000000000ff"
                  "000a" + fixed("2", "00000000") +
                  "ffffffff" "ffffffff" "ffffffff" "ffffffff" "ffffffff" "ffffffff"
                  "000a" + fixed("3", "00000001" "43") +
                  "00000008" "3fe0000000000000" "ffffffff" "00000000" "00000001" "00"
                  "ffffffff" "ffffffff");
}

TEST_F(PostgresCopyRows, WritesAnIdAsTextWhereTheColumnIsOne) {
    const model::Schema schema({{"w", ColumnType::uuid}});
    std::vector<CellForm> forms = forms_of(schema);
    forms[0] = forms[4] = CellForm::uuid_as_text;
    model::Batch batch(schema);
    test::add_reading(batch, "A", {}, postgres_epoch_us);
    CopyRows rows(forms);
    // "0190f3c4-8f3b-7000-8000-000000000001"
    EXPECT_EQ(encoded(rows, batch),
              "0005" "00000024"
              "30313930663363342d386633622d373030302d383030302d303030303030303030303031"
              "00000001" "41" "00000008" "0000000000000000" "00000008" "00000000000003e8"
              "ffffffff");
}

TEST_F(PostgresCopyRows, WritesOneBatchAfterTheOther) {
    const model::Schema schema({{"u", ColumnType::utf8}});
    CopyRows rows(forms_of(schema));
    model::Batch batch(schema);
    EXPECT_EQ(encoded(rows, batch), "");
    test::add_reading(batch, "", {std::string("xy")}, postgres_epoch_us);
    const std::string small = "0005" + fixed("1", "00000000") + "00000002" "7879";
    EXPECT_EQ(encoded(rows, batch), small);
    test::add_reading(batch, "", {std::string(100, 'z')}, postgres_epoch_us);
    std::string large = small + "0005" + fixed("2", "00000000") + "00000064";
    for (int i = 0; i < 100; ++i) large += "7a";
    EXPECT_EQ(encoded(rows, batch), large);
    batch.clear();
    EXPECT_EQ(encoded(rows, batch), "");
    test::add_reading(batch, "", {std::string("xy")}, postgres_epoch_us);
    EXPECT_EQ(encoded(rows, batch), small);
}

TEST_F(PostgresCopyRows, BeginsAndEndsAStream) {
    EXPECT_EQ(hex(CopyRows::head()), "5047434f50590aff0d0a00" "00000000" "00000000");
    EXPECT_EQ(hex(CopyRows::end()), "ffff");
}

}  // namespace
}  // namespace ingest::postgres_sink
