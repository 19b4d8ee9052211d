#include "sdk/examples.h"

namespace ingest::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The algorithms have tests of their own in the crate; this is the way through the ABI.
class CheckDigitTest : public ::testing::Test {
protected:
    Plugin plugin_ = example("check-digit");
    std::unique_ptr<model::Schema> schema_ = sensor_schema();
    model::Schema labelled_{{{"label", model::ColumnType::utf8, false},
                             {"count", model::ColumnType::int64, false}}};
};

TEST_F(CheckDigitTest, ChecksEquipmentIds) {
    const model::Batch batch = readings_of(*schema_, {"PUMP-18", "PUMP-19", "PUMP", "FAN-1"});
    const Found found = run(plugin_, R"({"algorithm": "luhn", "prefix": "PUMP"})", batch);
    EXPECT_THAT(rows_of(found), ElementsAre(1, 2));
    EXPECT_EQ(found.issues[0], (Report::Issue{1, INGEST_COLUMN_EQUIPMENT_ID, INGEST_REJECT_ROW,
                                              "check_digit",
                                              "has the check digits 9, expected 8: mistyped?"}));
}

TEST_F(CheckDigitTest, ChecksAnotherColumnAndPassesNulls) {
    model::Batch batch(labelled_);
    add_reading(batch, "A", {std::string("794-44"), null});
    add_reading(batch, "A", {std::string("794-45"), null});
    add_reading(batch, "A", {std::string(), null});
    add_reading(batch, "A", {null, null});
    const Found found = run(plugin_, R"({"algorithm": "mod97", "column": "label"})", batch);
    EXPECT_THAT(rows_of(found), ElementsAre(1, 2));
    const std::uint8_t all = 0b1111;
    EXPECT_THAT(rows_of(run(plugin_, R"({"algorithm": "mod97", "column": "label"})", batch, &all)),
                ElementsAre(1, 2));
    const model::Batch nothing(labelled_);
    EXPECT_THAT(run(plugin_, R"({"algorithm": "luhn"})", nothing).issues, IsEmpty());
}

TEST_F(CheckDigitTest, SaysWhichOptionIsWrong) {
    EXPECT_EQ(config_message(plugin_, "{}", *schema_), "/algorithm: is missing");
    EXPECT_EQ(config_message(plugin_, R"({"algorithm": "crc"})", *schema_),
              "/algorithm: must be luhn or mod97");
    EXPECT_THAT(config_message(plugin_, R"({"algorithm": "luhn", "column": "lable"})", labelled_),
                HasSubstr("/column: there is no"));
    EXPECT_THAT(config_message(plugin_, R"({"algorithm": "luhn", "column": "count"})", labelled_),
                HasSubstr("is not of the type string"));
}

}  // namespace
}  // namespace ingest::test
