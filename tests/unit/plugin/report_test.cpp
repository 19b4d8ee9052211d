#include "plugin/report.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

namespace ingest::plugin {
namespace {

using model::ColumnType;

ingest_str text(std::string_view value) { return {value.data(), value.size()}; }

class ReportTest : public ::testing::Test {
protected:
    ReportTest()
        : schema_({{"temperature", ColumnType::float64, true},
                   {"count", ColumnType::int64},
                   {"on", ColumnType::boolean}}),
          batch_(schema_) {
        for (int i = 0; i < 3; ++i) {
            batch_.add_row();
            batch_.set_utf8(1, i == 1 ? "b" : "long enough");
            batch_.set_float64(4, i);
        }
        report_.begin(batch_);
        table_ = report_.table();
    }

    model::Schema schema_;
    model::Batch batch_;
    Report report_;
    ingest_report table_{};
};

TEST_F(ReportTest, CollectsIssues) {
    EXPECT_EQ(table_.issue(table_.ctx, 2, 4, INGEST_REJECT_ROW, text("hot"), text("too hot")),
              INGEST_OK);
    EXPECT_EQ(table_.issue(table_.ctx, 0, -1, INGEST_WARN, text("odd"), text("")), INGEST_OK);
    ASSERT_EQ(report_.issues().size(), 2U);
    EXPECT_EQ(report_.issues()[0].row, 2);
    EXPECT_TRUE(report_.issues()[0].reject);
    EXPECT_EQ(report_.issues()[1].column, -1);
    EXPECT_FALSE(report_.issues()[1].reject);
    EXPECT_EQ(report_.misbehaviours(), 0U);
}

TEST_F(ReportTest, AppliesEditsTheLastOneLast) {
    EXPECT_EQ(table_.set_utf8(table_.ctx, 1, 1, text("first")), INGEST_OK);
    EXPECT_EQ(table_.set_utf8(table_.ctx, 1, 1, text("second, longer")), INGEST_OK);
    EXPECT_EQ(table_.set_utf8(table_.ctx, 0, 1, text("")), INGEST_OK);
    EXPECT_EQ(table_.set_f64(table_.ctx, 2, 4, -0.0), INGEST_OK);
    EXPECT_EQ(table_.set_i64(table_.ctx, 0, 5, 7), INGEST_OK);
    EXPECT_EQ(table_.set_i64(table_.ctx, 0, 6, 1), INGEST_OK);
    report_.apply_edits(batch_);
    EXPECT_EQ(batch_.utf8(1, 0), "");
    EXPECT_EQ(batch_.utf8(1, 1), "second, longer");
    EXPECT_EQ(batch_.utf8(1, 2), "long enough");
    EXPECT_TRUE(std::signbit(batch_.float64(4, 2)));
    EXPECT_EQ(batch_.int64(5, 0), 7);
    EXPECT_TRUE(batch_.boolean(6, 0));
    EXPECT_FALSE(batch_.has(5, 1));
}

TEST_F(ReportTest, NullsOptionalFieldsOnly) {
    EXPECT_EQ(table_.set_i64(table_.ctx, 0, 5, 7), INGEST_OK);
    EXPECT_EQ(table_.set_null(table_.ctx, 0, 5), INGEST_OK);
    EXPECT_EQ(table_.set_null(table_.ctx, 0, 4), INGEST_UNSUPPORTED);
    report_.apply_edits(batch_);
    EXPECT_FALSE(batch_.has(5, 0));
    EXPECT_TRUE(batch_.has(4, 0));
}

TEST_F(ReportTest, CountsMisbehaviourAndKeepsNothingOfIt) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(table_.issue(table_.ctx, -1, 4, INGEST_WARN, text(""), text("")), INGEST_UNSUPPORTED);
    EXPECT_EQ(table_.issue(table_.ctx, 3, 4, INGEST_WARN, text(""), text("")), INGEST_UNSUPPORTED);
    EXPECT_EQ(table_.issue(table_.ctx, 0, 7, INGEST_WARN, text(""), text("")), INGEST_UNSUPPORTED);
    EXPECT_EQ(table_.issue(table_.ctx, 0, 4, 9, text(""), text("")), INGEST_UNSUPPORTED);
    EXPECT_EQ(table_.issue(table_.ctx, 0, 4, INGEST_WARN, {nullptr, 5}, text("")),
              INGEST_UNSUPPORTED);
    EXPECT_EQ(table_.set_f64(table_.ctx, 0, 4, nan), INGEST_UNSUPPORTED);
    EXPECT_EQ(table_.set_f64(table_.ctx, 0, 1, 1.0), INGEST_UNSUPPORTED);
    EXPECT_EQ(table_.set_i64(table_.ctx, 0, 3, 1), INGEST_UNSUPPORTED) << "received_at is fixed";
    EXPECT_EQ(table_.set_i64(table_.ctx, 0, 6, 2), INGEST_UNSUPPORTED) << "2 is no boolean";
    EXPECT_EQ(table_.set_utf8(table_.ctx, 0, 0, text("id")), INGEST_UNSUPPORTED);
    EXPECT_EQ(table_.set_utf8(table_.ctx, 0, 1, text("\xC3")), INGEST_UNSUPPORTED) << "not UTF-8";
    EXPECT_EQ(table_.set_utf8(table_.ctx, 0, 1, {"a\0b", 3}), INGEST_UNSUPPORTED) << "a NUL";
    EXPECT_EQ(table_.set_i64(table_.ctx, 0, 2, INT64_MAX), INGEST_UNSUPPORTED) << "after 9999";
    EXPECT_EQ(table_.set_i64(table_.ctx, 0, 2, INT64_MIN), INGEST_UNSUPPORTED) << "before 0001";
    EXPECT_EQ(report_.misbehaviours(), 14U);
    EXPECT_TRUE(report_.issues().empty());
}

TEST_F(ReportTest, BoundsWhatOneCallLeavesBehind) {
    std::size_t taken = 0;
    for (int i = 0; i < 100'000; ++i) {
        taken += table_.issue(table_.ctx, 0, 4, INGEST_WARN, text("x"), text("y")) == INGEST_OK;
    }
    EXPECT_EQ(taken, 3U * 64U);
    const std::string long_message(10'000, 'x');
    report_.begin(batch_);
    EXPECT_EQ(table_.issue(table_.ctx, 0, 4, INGEST_WARN, text(long_message), text(long_message)),
              INGEST_OK);
    EXPECT_EQ(report_.issues()[0].message.size(), 512U);
    EXPECT_EQ(report_.issues()[0].code.size(), 64U);
}

}  // namespace
}  // namespace ingest::plugin
