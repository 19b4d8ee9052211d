#include "sdk/examples.h"

namespace ingest::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::int32_t temperature = 4;

std::string options(std::string_view then, std::string_view sent_in = "°F") {
    return R"({"then": ")" + std::string(then) +
           R"(", "checks": [{"column": "temperature", "unit": "°C", "sent_in": ")" +
           std::string(sent_in) + R"(", "min": -20, "max": 60}]})";
}

class UnitPlausibilityTest : public ::testing::Test {
protected:
    std::string refused_options(std::string_view text) {
        return config_message(plugin_, text, *schema_);
    }
    Plugin plugin_ = example("unit-plausibility");
    std::unique_ptr<model::Schema> schema_ = sensor_schema();
};

TEST_F(UnitPlausibilityTest, TellsOfWhatIsPlausibleInTheOtherUnitOnly) {
    // Plausible; °F of 20 °C; in neither; at both edges; absent.
    model::Batch batch = readings(*schema_, {{20.0}, {68.0}, {900.0}, {60.0}, {140.0}, {68.0}});
    batch.change_null(temperature, 5);  // the value stays behind under the null
    const Found found = run(plugin_, options("warn"), batch);
    EXPECT_THAT(rows_of(found), ElementsAre(1, 4));
    EXPECT_EQ(found.issues[0],
              (Report::Issue{1, temperature, INGEST_WARN, "unit",
                             "is 68 °C, which is not plausible; was it °F? Then it is 20 °C"}));
    EXPECT_THAT(found.sets, IsEmpty());
}

TEST_F(UnitPlausibilityTest, RefusesOrConvertsByOption) {
    const model::Batch batch = readings(*schema_, {{68.0}});
    const Found refused = run(plugin_, options("reject"), batch);
    ASSERT_THAT(refused.issues, SizeIs(1));
    EXPECT_EQ(refused.issues[0].severity, INGEST_REJECT_ROW);
    EXPECT_THAT(refused.sets, IsEmpty());

    const Found converted = run(plugin_, options("convert"), batch);
    ASSERT_THAT(converted.issues, SizeIs(1));
    EXPECT_EQ(converted.issues[0].severity, INGEST_WARN);
    EXPECT_THAT(converted.issues[0].message, HasSubstr("20 °C, which was stored"));
    ASSERT_THAT(converted.sets, SizeIs(1));
    EXPECT_EQ(converted.sets[0].column, temperature);
    EXPECT_NEAR(std::get<double>(converted.sets[0].value), 20.0, 1e-9);
}

TEST_F(UnitPlausibilityTest, KnowsKilopascals) {
    const Found found = run(plugin_, R"({"then": "convert", "checks": [
        {"column": "pressure", "unit": "bar", "sent_in": "kPa", "min": 0.5, "max": 10}]})",
                            readings(*schema_, {{20.0, 0.5, 250.0}, {20.0, 0.5, 2.5}}));
    EXPECT_THAT(rows_of(found), ElementsAre(0));
    ASSERT_THAT(found.sets, SizeIs(1));
    EXPECT_NEAR(std::get<double>(found.sets[0].value), 2.5, 1e-12);
}

TEST_F(UnitPlausibilityTest, LooksAtRefusedRowsTooAndAtNone) {
    const std::uint8_t all = 0b11;
    const model::Batch batch = readings(*schema_, {{68.0}, {null}});
    EXPECT_THAT(rows_of(run(plugin_, options("warn"), batch, &all)), ElementsAre(0));
    EXPECT_THAT(rows_of(run(plugin_, options("warn"), model::Batch(*schema_))), IsEmpty());
}

TEST_F(UnitPlausibilityTest, SaysWhichOptionIsWrong) {
    EXPECT_EQ(refused_options("{}"), "/checks: must have at least one check");
    EXPECT_EQ(refused_options(R"({"checks": 1})"), "/checks: must be an array or an object");
    EXPECT_EQ(refused_options(options("delete")), "/then: must be warn, reject or convert");
    EXPECT_THAT(refused_options(options("warn", "°R")),
                StartsWith("/checks/0/sent_in: must be °F"));
    EXPECT_EQ(refused_options(options("warn", std::string(40, 'x'))),
              "/checks/0/sent_in: is too long");
    EXPECT_EQ(refused_options(R"({"checks": [{"column": "temperature", "unit": "°C",
                                  "sent_in": "K", "min": 1, "max": 1}]})"),
              "/checks/0/max: must be above min");
    EXPECT_EQ(refused_options(R"({"checks": [{"column": "temperature"}]})"),
              "/checks/0/min: is missing");
    EXPECT_EQ(refused_options(R"({"checks": [{"column": "t", "unit": "°C", "sent_in": "K",
                                  "min": 0, "max": 1}]})"),
              "/checks/0/column: there is no such column");
    EXPECT_EQ(refused_options(R"({"checks": [{"column": "equipment_id", "unit": "°C",
                                  "sent_in": "K", "min": 0, "max": 1}]})"),
              "/checks/0/column: is not a column of the type double");
    std::string many = R"({"checks": [)";
    for (int i = 0; i < 17; ++i) many += i == 0 ? "{}" : ",{}";
    EXPECT_EQ(refused_options(many + "]}"), "/checks: must have at most 16 checks");
}

}  // namespace
}  // namespace ingest::test
