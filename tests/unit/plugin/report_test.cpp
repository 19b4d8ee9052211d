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
        begin(R"({"kind": "validator", "writes": ["*"], "issues": [{"code": "*"}]})");
    }
    void begin(std::string_view manifest) {
        promises_ = Promises(parse_manifest(manifest).value(), schema_);
        report_.begin(batch_, promises_);
        table_ = report_.table();
    }

    model::Schema schema_;
    model::Batch batch_;
    Promises promises_;
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
    report_.begin(batch_, promises_);
    EXPECT_EQ(table_.issue(table_.ctx, 0, 4, INGEST_WARN, text("x"), text(long_message)),
              INGEST_OK);
    EXPECT_EQ(report_.issues()[0].message.size(), 512U);
    taken = 0;
    for (int i = 0; i < 1000; ++i) taken += table_.set_f64(table_.ctx, 0, 4, 1.0) == INGEST_OK;
    EXPECT_EQ(taken, 3U * 7U) << "as many as there are cells";
}

TEST_F(ReportTest, ChangesOnlyWhatTheManifestWrites) {
    begin(R"({"kind": "validator", "writes": ["count", "no_such_field"]})");
    EXPECT_EQ(table_.set_i64(table_.ctx, 0, 5, 7), INGEST_OK);
    EXPECT_EQ(table_.set_null(table_.ctx, 1, 5), INGEST_OK);
    EXPECT_EQ(report_.misbehaviours(), 0U);
    EXPECT_EQ(table_.set_f64(table_.ctx, 0, 4, 1.0), INGEST_UNSUPPORTED);
    EXPECT_EQ(table_.set_null(table_.ctx, 0, 6), INGEST_UNSUPPORTED);
    EXPECT_EQ(table_.set_utf8(table_.ctx, 0, 1, text("x")), INGEST_UNSUPPORTED);
    EXPECT_EQ(report_.misbehaviours(), 3U);
    EXPECT_EQ(report_.first_misbehaviour(),
              "set_f64: column 4 'temperature' is not in the manifest's writes");
    report_.apply_edits(batch_);
    EXPECT_EQ(batch_.int64(5, 0), 7);
    EXPECT_EQ(batch_.float64(4, 0), 0.0);
}

TEST_F(ReportTest, FindingsCarryThePlaceOfTheirCode) {
    begin(R"({"kind": "validator", "issues": [{"code": "cold"}, {"code": "hot"}]})");
    table_.issue(table_.ctx, 0, 4, INGEST_WARN, text("hot"), text(""));
    EXPECT_EQ(report_.misbehaviours(), 0U);
    EXPECT_EQ(table_.issue(table_.ctx, 0, 4, INGEST_WARN, text("odd"), text("")), INGEST_OK);
    ASSERT_EQ(report_.issues().size(), 2U) << "the finding counts all the same";
    EXPECT_EQ(report_.issues()[0].code_index, 1);
    EXPECT_EQ(report_.issues()[1].code_index, 2) << "not listed";
    EXPECT_EQ(report_.issues()[1].code, "odd");
    EXPECT_EQ(report_.misbehaviours(), 1U);
    EXPECT_EQ(report_.first_misbehaviour(),
              "issue: column 4 'temperature' has a code that the manifest does not list: odd");
}

TEST_F(ReportTest, ACodeThatTheStarCoversHasTheStarsPlace) {
    begin(R"({"kind": "validator", "issues": [{"code": "*"}, {"code": "hot"}]})");
    table_.issue(table_.ctx, 0, 4, INGEST_WARN, text("hot"), text(""));
    table_.issue(table_.ctx, 0, 4, INGEST_WARN, text("any.thing-else_1"), text(""));
    EXPECT_EQ(report_.issues()[0].code_index, 1);
    EXPECT_EQ(report_.issues()[1].code_index, 0);
    EXPECT_EQ(report_.misbehaviours(), 0U);
}

TEST_F(ReportTest, ACodeThatIsNoneIsReplaced) {
    const std::string long_code(65, 'x');
    for (const std::string_view code : {std::string_view(""), std::string_view("Hot"),
                                        std::string_view("a b"), std::string_view(long_code)}) {
        begin(R"({"kind": "validator", "issues": [{"code": "*"}]})");
        EXPECT_EQ(table_.issue(table_.ctx, 0, -1, INGEST_REJECT_ROW, text(code), text("why")),
                  INGEST_OK);
        ASSERT_EQ(report_.issues().size(), 1U) << code;
        EXPECT_EQ(report_.issues()[0].code, "invalid_code") << code;
        EXPECT_EQ(report_.issues()[0].code_index, 1) << "not listed";
        EXPECT_EQ(report_.misbehaviours(), 1U) << code;
    }
    EXPECT_EQ(report_.first_misbehaviour(),
              "issue: the reading has a code that is not [a-z0-9_.-]{1,64}: " + long_code);
}

TEST_F(ReportTest, MessagesAreMadeUtf8) {
    table_.issue(table_.ctx, 0, 4, INGEST_WARN, text("hot"), text("a\xC3\xA9\xFF\xC3z"));
    const std::string broken(512, '\xFF');
    table_.issue(table_.ctx, 0, 4, INGEST_WARN, text("hot"), text(broken));
    EXPECT_EQ(report_.issues()[0].message, "a\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBDz");
    EXPECT_EQ(report_.issues()[1].message.size(), 510U) << "170 characters, bounded";
}

TEST_F(ReportTest, TellsWhatTheFirstMisbehaviourWas) {
    EXPECT_EQ(report_.first_misbehaviour(), "");
    table_.issue(table_.ctx, 7, 4, INGEST_WARN, text("hot"), text(""));
    table_.issue(table_.ctx, 8, 4, INGEST_WARN, text("hot"), text(""));
    EXPECT_EQ(report_.first_misbehaviour(), "issue: row 7 of 3");
    report_.begin(batch_, promises_);
    EXPECT_EQ(report_.first_misbehaviour(), "");
    table_.set_i64(table_.ctx, 0, -1, 1);
    EXPECT_EQ(report_.first_misbehaviour(), "set_i64: column -1 of 7");
    report_.begin(batch_, promises_);
    table_.set_i64(table_.ctx, 0, 6, 2);
    EXPECT_EQ(report_.first_misbehaviour(), "set_i64: column 6 'on' was given neither 0 nor 1");
    report_.begin(batch_, promises_);
    table_.issue(table_.ctx, 0, -1, 9, text("hot"), text(""));
    EXPECT_EQ(report_.first_misbehaviour(), "issue: the reading has an unknown severity");
}

}  // namespace
}  // namespace ingest::plugin
