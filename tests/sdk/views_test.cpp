#include <ingest/sdk/text.hpp>
#include <ingest/sdk/validator.hpp>

#include "sdk/examples.h"

namespace ingest::sdk {
namespace {

using ::testing::ElementsAre;
using test::null;

class ViewsTest : public ::testing::Test {
protected:
    static model::Batch two_rows(const model::Schema& schema) {
        model::Batch rows(schema);
        test::add_reading(rows, "A", {1.5, std::int64_t{7}, std::string("text"), true});
        test::add_reading(rows, "B", {null, null, null, null});
        return rows;
    }
    template <class T>
    std::string refused(std::string_view name, std::string_view option = {}) {
        try {
            Schema(schema_.arrow()).column<T>(name, option);
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), INGEST_CONFIG);
            return e.what();
        }
        return "nothing was thrown";
    }
    std::string text(int32_t column, int64_t row) {
        std::string out;
        append_text(out, batch_.value(column, row));
        return out;
    }
    const model::Schema schema_{{{"real", model::ColumnType::float64, false},
                                 {"whole", model::ColumnType::int64, false},
                                 {"text", model::ColumnType::utf8, false},
                                 {"on", model::ColumnType::boolean, false},
                                 {"at", model::ColumnType::timestamp, false}}};
    const model::Batch rows_ = two_rows(schema_);
    const test::Shown shown_{rows_};
    const Batch batch_{shown_.batch()};
};

TEST_F(ViewsTest, AColumnIsLookedUpOnceAndReadByItsType) {
    const Schema schema(schema_.arrow());
    EXPECT_EQ(batch_.get(schema.column<double>("real"), 0), 1.5);
    EXPECT_EQ(batch_.get(schema.column<int64_t>("whole"), 0), 7);
    EXPECT_EQ(batch_.get(schema.column<std::string_view>("text"), 0), "text");
    EXPECT_EQ(batch_.get(schema.column<bool>("on"), 0), true);
    EXPECT_EQ(batch_.get(schema.column<double>("real"), 1), std::nullopt);
    EXPECT_EQ(batch_.get(columns::equipment_id, 1), "B");
    EXPECT_EQ(batch_.get(columns::timestamp, 0)->time_since_epoch().count(), test::some_time_us);
    EXPECT_EQ(batch_.get(columns::reading_id, 1)->back(), 2);
    EXPECT_EQ(batch_.column(schema.column<double>("real")).numbers().size(), 2U);
}

TEST_F(ViewsTest, ANameOrTypeThatIsWrongIsAnErrorOfTheConfiguration) {
    EXPECT_EQ(refused<double>("rael", "/x"),
              "/x: there is no column \"rael\"; did you mean \"real\"?");
    EXPECT_EQ(refused<double>("far_from_everything"),
              "there is no column \"far_from_everything\"; the columns are reading_id, "
              "equipment_id, timestamp, received_at, real, whole, text, on, at");
    EXPECT_EQ(refused<double>("whole"), "the column \"whole\" is not of the type double");
    EXPECT_EQ(refused<Time>("whole"), "the column \"whole\" is not of the type timestamp");
}

TEST_F(ViewsTest, CellsAsText) {
    EXPECT_EQ(text(0, 1), "0190f3c4-8f3b-7000-8000-000000000002");
    EXPECT_EQ(text(2, 0), "2025-11-24T16:00:00.123456Z");
    EXPECT_EQ(text(4, 0), "1.5");
    EXPECT_EQ(text(5, 0), "7");
    EXPECT_EQ(text(6, 0), "text");
    EXPECT_EQ(text(7, 0), "true");
    EXPECT_EQ(text(4, 1), "");
    std::string early;
    append_text(early, Time(std::chrono::microseconds(-62135596800000000)));
    EXPECT_EQ(early, "0001-01-01T00:00:00.000000Z");
}

TEST_F(ViewsTest, ARowReportsByHandle) {
    const Schema schema(schema_.arrow());
    test::Report report(schema_, 2);
    Row row(batch_, Report(report.table()), 1);
    row.reject(schema.column<double>("real"), "c", "m");
    row.warn(whole_reading, "c", "m");
    row.set(schema.column<double>("real"), 2.5);
    row.set(schema.column<std::string_view>("text"), std::string("new"));
    row.set(schema.column<bool>("on"), true);
    row.set(columns::timestamp, Time(std::chrono::microseconds(5)));
    row.set_null(schema.column<int64_t>("whole"));
    EXPECT_THAT(report.issues(),
                ElementsAre(test::Report::Issue{1, 4, INGEST_REJECT_ROW, "c", "m"},
                            test::Report::Issue{1, -1, INGEST_WARN, "c", "m"}));
    EXPECT_THAT(report.sets(),
                ElementsAre(test::Report::Set{1, 4, 2.5}, test::Report::Set{1, 6, "new"},
                            test::Report::Set{1, 7, int64_t{1}},
                            test::Report::Set{1, 2, int64_t{5}},
                            test::Report::Set{1, 5, std::monostate{}}));
    EXPECT_THROW(row.set(columns::received_at, Time()), Error);
}

TEST_F(ViewsTest, TrialAndRefusedRows) {
    const std::uint8_t refused = 0b10;
    const test::Shown shown(rows_, 0, 0, &refused, INGEST_BATCH_TRIAL);
    const Batch batch(shown.batch());
    EXPECT_TRUE(batch.trial());
    EXPECT_FALSE(batch.refused(0));
    EXPECT_TRUE(batch.refused(1));
    EXPECT_FALSE(batch_.trial());
    EXPECT_FALSE(batch_.refused(1));
}

}  // namespace
}  // namespace ingest::sdk
