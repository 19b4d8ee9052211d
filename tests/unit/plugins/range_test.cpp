#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "unit/plugins/validator_fixture.h"

namespace ingest::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr auto least_integer = std::numeric_limits<std::int64_t>::min();
constexpr auto greatest_integer = std::numeric_limits<std::int64_t>::max();

class RangeTest : public ::testing::Test {
protected:
    // Rows of one integer column "count" that are refused.
    std::vector<std::int64_t> refused_counts(const std::vector<std::int64_t>& counts,
                                             std::string_view options) {
        model::Batch batch(counted_);
        for (const std::int64_t count : counts) add_reading(batch, "PUMP-A1-001", {count});
        return rows_of(run(plugin_, options, batch));
    }
    std::string refused_options(std::string_view options) {
        return config_message(plugin_, options, *schema_);
    }
    Plugin plugin_{"range"};
    std::unique_ptr<model::Schema> schema_ = sensor_schema();
    model::Schema counted_{{{"count", model::ColumnType::int64, false},
                            {"label", model::ColumnType::utf8, false},
                            {"on", model::ColumnType::boolean, false}}};
};

TEST_F(RangeTest, BoundsAreInclusiveAndExact) {
    const double below = std::nextafter(-50.0, -infinity);
    const double above = std::nextafter(200.0, infinity);
    const model::Batch batch =
        readings(*schema_, {{-50.0}, {below}, {200.0}, {above}, {0.0}, {-0.0}, {1e308}});
    const Found found = run(plugin_, R"({"temperature": {"min": -50, "max": 200}})", batch);
    EXPECT_THAT(rows_of(found), ElementsAre(1, 3, 6));
}

TEST_F(RangeTest, SaysWhatWasFoundAndExpected) {
    const model::Batch batch = readings(*schema_, {{250.5, 3.0, -0.1}});
    const Found found = run(plugin_,
                            R"({"temperature": {"min": -50, "max": 200},
                                "vibration": {"max": 2.0}, "pressure": {"min": 0.25}})",
                            batch);
    EXPECT_THAT(
        found.issues,
        ::testing::UnorderedElementsAre(
            Report::Issue{0, 4, INGEST_REJECT_ROW, "out_of_range",
                          "is 250.5; must be at least -50 and at most 200"},
            Report::Issue{0, 5, INGEST_REJECT_ROW, "out_of_range", "is 3; must be at most 2"},
            Report::Issue{0, 6, INGEST_REJECT_ROW, "out_of_range",
                          "is -0.1; must be at least 0.25"}));
}

TEST_F(RangeTest, BothLimitsAreOptional) {
    const model::Batch batch = readings(*schema_, {{-1e308}, {1e308}});
    EXPECT_THAT(rows_of(run(plugin_, R"({"temperature": {"min": 0}})", batch)), ElementsAre(0));
    EXPECT_THAT(rows_of(run(plugin_, R"({"temperature": {"max": 0}})", batch)), ElementsAre(1));
    EXPECT_THAT(rows_of(run(plugin_, R"({"temperature": {}})", batch)), IsEmpty());
    EXPECT_THAT(rows_of(run(plugin_, "{}", batch)), IsEmpty());
}

TEST_F(RangeTest, SkipsAbsentValuesAndChecksRefusedRows) {
    model::Batch batch = readings(*schema_, {{null, 0.5, 1.0}, {999.0, 0.5, 1.0}, {999.0}});
    batch.change_null(model::column_first_field, 2);  // the value stays behind under the null
    const std::uint8_t refused = 0b111;
    const Found found = run(plugin_, R"({"temperature": {"min": 1, "max": 2}})", batch, &refused);
    EXPECT_THAT(rows_of(found), ElementsAre(1));
}

TEST_F(RangeTest, ComparesIntegersExactly) {
    // 2^60 and 2^60 + 1 are the same double.
    constexpr std::int64_t big = std::int64_t{1} << 60;
    EXPECT_THAT(refused_counts({big, big + 1, big + 2},
                               R"({"count": {"min": 1152921504606846977,
                                             "max": 1152921504606846977}})"),
                ElementsAre(0, 2));
    EXPECT_THAT(refused_counts({least_integer, -1, greatest_integer},
                               R"({"count": {"min": -9223372036854775808,
                                             "max": 9223372036854775807}})"),
                IsEmpty());
}

TEST_F(RangeTest, FractionsBoundIntegersInwards) {
    EXPECT_THAT(refused_counts({-2, -1, 0, 1, 2}, R"({"count": {"min": -1.5, "max": 1.5}})"),
                ElementsAre(0, 4));
    EXPECT_THAT(refused_counts({-2, -1, 0, 1, 2}, R"({"count": {"min": -1.0, "max": 1e0}})"),
                ElementsAre(0, 4));
}

TEST_F(RangeTest, SaysTheIntegersItCompares) {
    model::Batch batch(counted_);
    add_reading(batch, "PUMP-A1-001", {greatest_integer});
    const Found found = run(plugin_, R"({"count": {"min": 0.5, "max": 7}})", batch);
    ASSERT_EQ(found.issues.size(), 1U);
    EXPECT_EQ(found.issues[0].message,
              "is 9223372036854775807; must be at least 1 and at most 7");
}

TEST_F(RangeTest, RefusesColumnsThatDoNotExist) {
    EXPECT_THAT(refused_options(R"({"temprature": {"min": 0}})"),
                StartsWith("/temprature: there is no column \"temprature\"; "
                           "did you mean \"temperature\"?"));
    EXPECT_THAT(refused_options(R"({"speed_of_rotation": {"min": 0}})"),
                HasSubstr("the columns are reading_id, equipment_id, timestamp, received_at, "
                          "temperature, vibration, pressure, humidity, voltage"));
    EXPECT_THAT(refused_options(R"({"a/b~c": {"min": 0}})"), StartsWith("/a~1b~0c: "));
}

TEST_F(RangeTest, RefusesColumnsWithoutNumbers) {
    EXPECT_THAT(refused_options(R"({"equipment_id": {"min": 0}})"),
                StartsWith("/equipment_id: is no column of numbers"));
    EXPECT_THAT(refused_options(R"({"timestamp": {"min": 0}})"), StartsWith("/timestamp: "));
    EXPECT_THAT(config_message(plugin_, R"({"label": {"min": 0}})", counted_),
                StartsWith("/label: "));
    EXPECT_THAT(config_message(plugin_, R"({"on": {"min": 0}})", counted_), StartsWith("/on: "));
}

TEST_F(RangeTest, RefusesLimitsThatCanNeverWork) {
    EXPECT_THAT(refused_options(R"({"temperature": {"min": 2, "max": 1}})"),
                StartsWith("/temperature: min is above max"));
    EXPECT_THAT(refused_options(R"({"temperature": {"min": 1, "max": 1}})"), IsEmpty());
    EXPECT_THAT(refused_options(R"({"temperature": {"mim": 2}})"),
                StartsWith("/temperature/mim: must be min or max"));
    EXPECT_THAT(refused_options(R"({"temperature": {"min": "2"}})"),
                StartsWith("/temperature/min: must be a number"));
    EXPECT_THAT(refused_options(R"({"temperature": 2})"), StartsWith("/temperature: "));
    EXPECT_THAT(refused_options(R"({"temperature": {"max": 1e400}})"),
                HasSubstr("no JSON object"));
    EXPECT_THAT(refused_options("[]]"), HasSubstr("no JSON object"));
    EXPECT_THAT(config_message(plugin_, R"({"count": {"min": 0.1, "max": 0.9}})", counted_),
                StartsWith("/count: no integer is within min and max"));
    EXPECT_THAT(config_message(plugin_, R"({"count": {"min": 9223372036854775808}})", counted_),
                StartsWith("/count/min: "));
    EXPECT_THAT(config_message(plugin_, R"({"count": {"max": -1e19}})", counted_),
                StartsWith("/count/max: "));
}

TEST_F(RangeTest, TakesManyRows) {
    model::Batch batch(*schema_);
    for (int i = 0; i < 100'000; ++i) add_reading(batch, "PUMP-A1-001", {i % 1000 + 0.5});
    const Found found = run(plugin_, R"({"temperature": {"min": 1, "max": 999}})", batch);
    EXPECT_EQ(found.issues.size(), 200U);
    EXPECT_THAT(rows_of(run(plugin_, R"({"temperature": {"min": 1}})", model::Batch(*schema_))),
                IsEmpty());
}

TEST_F(RangeTest, ManifestDeclaresWhatTheApiDocumentationNeeds) {
    const auto manifest = nlohmann::json::parse(plugin_.manifest());
    ASSERT_EQ(manifest.at("options").size(), 1U);
    const auto& any = manifest.at("options")[0];
    EXPECT_EQ(any.at("name"), "*");
    EXPECT_EQ(any.at("options")[0].at("constrains"), "minimum");
    EXPECT_EQ(any.at("options")[1].at("constrains"), "maximum");
    EXPECT_EQ(manifest.at("issues")[0].at("code"), "out_of_range");
}

}  // namespace
}  // namespace ingest::test
