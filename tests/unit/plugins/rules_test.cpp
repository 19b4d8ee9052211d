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
constexpr auto greatest_integer = std::numeric_limits<std::int64_t>::max();

// The rules of the shipped configuration.
constexpr std::string_view shipped = R"({"rules": [
    {"name": "sensor-failure", "then": "reject",
     "when": {"temperature": {"eq": 0}, "vibration": {"eq": 0}, "pressure": {"eq": 0}},
     "message": "All sensor readings are zero - possible sensor failure"},
    {"name": "hot-and-shaking", "then": "warn",
     "when": {"temperature": {"gt": 150}, "vibration": {"gt": 1.5}}, "message": "hot, shaking"},
    {"name": "hot-and-empty", "then": "warn", "column": "pressure",
     "when": {"temperature": {"gt": 100}, "pressure": {"lt": 0.5}}, "message": "hot, empty"}]})";

std::string one_rule(std::string_view when) {
    return R"({"rules": [{"name": "r", "then": "reject", "message": "m", "when": )" +
           std::string(when) + "}]}";
}

class RulesTest : public ::testing::Test {
protected:
    RulesTest() : batch_(schema_) {}
    void add(std::vector<Cell> cells) { add_reading(batch_, "PUMP-A1-001", cells); }
    std::vector<std::int64_t> rows(std::string_view when) {
        return rows_of(run(plugin_, one_rule(when), batch_));
    }
    std::string refused(std::string_view options) {
        return config_message(plugin_, options, schema_);
    }
    Plugin plugin_{"rules"};
    model::Schema schema_{{{"real", model::ColumnType::float64, false},
                           {"count", model::ColumnType::int64, false},
                           {"label", model::ColumnType::utf8, false},
                           {"on", model::ColumnType::boolean, false}}};
    model::Batch batch_;
};

TEST_F(RulesTest, ShippedRules) {
    const auto schema = sensor_schema();
    const model::Batch batch = readings(*schema, {{0.0, 0.0, 0.0},
                                                  {-0.0, 0.0, 0.0},
                                                  {0.0, 0.0, std::nextafter(0.0, 1.0)},
                                                  {150.0, 2.0, 1.0},
                                                  {std::nextafter(150.0, infinity), 1.5, 1.0},
                                                  {151.0, 1.6, 1.0},
                                                  {100.0, 0.1, 0.1},
                                                  {101.0, 0.1, 0.5},
                                                  {101.0, 0.1, 0.4},
                                                  {151.0, 1.6, 0.4}});
    EXPECT_THAT(
        run(plugin_, shipped, batch).issues,
        ElementsAre(Report::Issue{0, -1, INGEST_REJECT_ROW, "sensor-failure",
                                  "All sensor readings are zero - possible sensor failure"},
                    Report::Issue{1, -1, INGEST_REJECT_ROW, "sensor-failure",
                                  "All sensor readings are zero - possible sensor failure"},
                    Report::Issue{5, -1, INGEST_WARN, "hot-and-shaking", "hot, shaking"},
                    Report::Issue{9, -1, INGEST_WARN, "hot-and-shaking", "hot, shaking"},
                    Report::Issue{8, 6, INGEST_WARN, "hot-and-empty", "hot, empty"},
                    Report::Issue{9, 6, INGEST_WARN, "hot-and-empty", "hot, empty"}));
}

TEST_F(RulesTest, OperatorsOnDoublesAreExact) {
    const double limit = 0.1;
    add({std::nextafter(limit, -infinity)});
    add({limit});
    add({std::nextafter(limit, infinity)});
    EXPECT_THAT(rows(R"({"real": {"eq": 0.1}})"), ElementsAre(1));
    EXPECT_THAT(rows(R"({"real": {"ne": 0.1}})"), ElementsAre(0, 2));
    EXPECT_THAT(rows(R"({"real": {"lt": 0.1}})"), ElementsAre(0));
    EXPECT_THAT(rows(R"({"real": {"le": 0.1}})"), ElementsAre(0, 1));
    EXPECT_THAT(rows(R"({"real": {"gt": 0.1}})"), ElementsAre(2));
    EXPECT_THAT(rows(R"({"real": {"ge": 0.1}})"), ElementsAre(1, 2));
    EXPECT_THAT(rows(R"({"real": {"ge": 0.1, "le": 0.1}})"), ElementsAre(1));
}

TEST_F(RulesTest, IntegersCompareAsIntegers) {
    constexpr std::int64_t big = std::int64_t{1} << 60;  // one double for big and big + 1
    add({null, big});
    add({null, big + 1});
    add({null, greatest_integer});
    EXPECT_THAT(rows(R"({"count": {"eq": 1152921504606846977}})"), ElementsAre(1));
    EXPECT_THAT(rows(R"({"count": {"lt": 1152921504606846977}})"), ElementsAre(0));
    EXPECT_THAT(rows(R"({"count": {"ge": 9223372036854775807}})"), ElementsAre(2));
    EXPECT_THAT(rows(R"({"count": {"lt": 9223372036854775808}})"), ElementsAre(0, 1, 2));
    EXPECT_THAT(rows(R"({"count": {"eq": 9223372036854775808}})"), IsEmpty());
    EXPECT_THAT(rows(R"({"count": {"eq": 1152921504606846976.0}})"), ElementsAre(0));
    EXPECT_THAT(rows(R"({"count": {"gt": 1152921504606846976.0}})"), ElementsAre(1, 2));
    EXPECT_THAT(rows(R"({"count": {"gt": -1e300}})"), ElementsAre(0, 1, 2));
}

TEST_F(RulesTest, IntegersCompareWithFractions) {
    for (const std::int64_t count : {-1, 0, 1}) add({null, count});
    EXPECT_THAT(rows(R"({"count": {"lt": 0.5}})"), ElementsAre(0, 1));
    EXPECT_THAT(rows(R"({"count": {"gt": -0.5}})"), ElementsAre(1, 2));
    EXPECT_THAT(rows(R"({"count": {"le": -0.5}})"), ElementsAre(0));
    EXPECT_THAT(rows(R"({"count": {"eq": 0.5}})"), IsEmpty());
    EXPECT_THAT(rows(R"({"count": {"ne": 0.5}})"), ElementsAre(0, 1, 2));
}

TEST_F(RulesTest, StringsAndBooleansKnowEquality) {
    add({null, null, std::string("ok"), true});
    add({null, null, std::string("OK"), false});
    add({null, null, std::string("")});
    EXPECT_THAT(rows(R"({"label": {"eq": "ok"}})"), ElementsAre(0));
    EXPECT_THAT(rows(R"({"label": {"ne": "ok"}})"), ElementsAre(1, 2));
    EXPECT_THAT(rows(R"({"label": {"eq": ""}})"), ElementsAre(2));
    EXPECT_THAT(rows(R"({"on": {"eq": true}})"), ElementsAre(0));
    EXPECT_THAT(rows(R"({"on": {"ne": true}})"), ElementsAre(1));
    EXPECT_THAT(rows(R"({"equipment_id": {"eq": "PUMP-A1-001"}})"), ElementsAre(0, 1, 2));
}

TEST_F(RulesTest, ConditionsOnAbsentValuesAreFalse) {
    add({});
    add({1.0});
    batch_.change_null(model::column_first_field, 1);  // the value stays behind under the null
    for (const char* op : {"eq", "ne", "lt", "le", "gt", "ge"}) {
        EXPECT_THAT(rows(R"({"real": {")" + std::string(op) + R"(": 1}})"), IsEmpty()) << op;
    }
}

TEST_F(RulesTest, AbsenceCanBeAskedFor) {
    add({1.0});
    add({});
    EXPECT_THAT(rows(R"({"real": {"is_null": true}})"), ElementsAre(1));
    EXPECT_THAT(rows(R"({"real": {"is_null": false}})"), ElementsAre(0));
    EXPECT_THAT(rows(R"({"timestamp": {"is_null": false}})"), ElementsAre(0, 1));
    EXPECT_THAT(rows(R"({"real": {"is_null": true, "eq": 1}})"), IsEmpty());
}

TEST_F(RulesTest, ChecksRefusedRows) {
    add({1.0});
    const std::uint8_t refused_rows = 1;
    EXPECT_THAT(rows_of(run(plugin_, one_rule(R"({"real": {"eq": 1}})"), batch_, &refused_rows)),
                ElementsAre(0));
}

TEST_F(RulesTest, RefusesConditionsThatCanNeverWork) {
    EXPECT_THAT(refused(one_rule(R"({"reel": {"eq": 1}})")),
                StartsWith("/rules/0/when/reel: there is no column \"reel\"; "
                           "did you mean \"real\"?"));
    EXPECT_THAT(refused(one_rule(R"({"real": {"equals": 1}})")),
                StartsWith("/rules/0/when/real/equals: must be one of eq, ne, lt"));
    EXPECT_THAT(refused(one_rule(R"({"real": {"eq": "1"}})")),
                StartsWith("/rules/0/when/real/eq: must be a number"));
    EXPECT_THAT(refused(one_rule(R"({"real": {"eq": true}})")), HasSubstr("must be a number"));
    EXPECT_THAT(refused(one_rule(R"({"label": {"lt": "a"}})")),
                StartsWith("/rules/0/when/label/lt: does not fit the column"));
    EXPECT_THAT(refused(one_rule(R"({"label": {"eq": 1}})")), HasSubstr("must be a string"));
    EXPECT_THAT(refused(one_rule(R"({"on": {"gt": true}})")), HasSubstr("does not fit"));
    EXPECT_THAT(refused(one_rule(R"({"on": {"eq": 1}})")), HasSubstr("must be true or false"));
    EXPECT_THAT(refused(one_rule(R"({"timestamp": {"eq": 1}})")), HasSubstr("only is_null"));
    EXPECT_THAT(refused(one_rule(R"({"real": {"is_null": 1}})")),
                HasSubstr("must be true or false"));
    EXPECT_THAT(refused(one_rule("{}")), StartsWith("/rules/0/when: "));
    EXPECT_THAT(refused(one_rule(R"({"real": {}})")), StartsWith("/rules/0/when/real: "));
    EXPECT_THAT(refused(one_rule(R"({"real": 1})")), StartsWith("/rules/0/when/real: "));
    EXPECT_THAT(refused(one_rule("[1]")), StartsWith("/rules/0/when: "));
    EXPECT_THAT(refused(one_rule(R"({"a/b": {"eq": 1}})")), StartsWith("/rules/0/when/a~1b: "));
}

TEST_F(RulesTest, RefusesRulesThatCanNeverWork) {
    using nlohmann::json;
    const json sound = json::parse(one_rule(R"({"real": {"eq": 1}})"));
    EXPECT_THAT(refused(sound.dump()), IsEmpty());
    const auto changed = [&](const char* member, const json& value) {
        json options = sound;
        options["rules"][0][member] = value;
        return refused(options.dump());
    };
    EXPECT_THAT(changed("name", "Über"), StartsWith("/rules/0/name: must consist of"));
    EXPECT_THAT(changed("name", ""), StartsWith("/rules/0/name: "));
    EXPECT_THAT(changed("then", "drop"), StartsWith("/rules/0/then: must be reject or warn"));
    EXPECT_THAT(changed("message", ""), StartsWith("/rules/0/message: "));
    EXPECT_THAT(changed("message", 1), StartsWith("/rules/0/message: "));
    EXPECT_THAT(changed("column", "reel"), StartsWith("/rules/0/column: "));
    EXPECT_THAT(changed("colum", "real"), StartsWith("/rules/0/colum: "));
    json twice = sound;
    twice["rules"].push_back(sound["rules"][0]);
    EXPECT_THAT(refused(twice.dump()), StartsWith("/rules/1/name: is the name of an earlier"));
    for (const char* member : {"name", "when", "then", "message"}) {
        json options = sound;
        options["rules"][0].erase(member);
        EXPECT_THAT(refused(options.dump()), StartsWith(std::string("/rules/0/") + member));
    }
    EXPECT_THAT(refused("{}"), StartsWith("/rules: "));
    EXPECT_THAT(refused(R"({"rules": [1]})"), StartsWith("/rules/0: "));
    EXPECT_THAT(refused(R"({"rules": )"), HasSubstr("no JSON object"));
}

TEST_F(RulesTest, TakesManyRowsAndNone) {
    EXPECT_THAT(rows(R"({"real": {"lt": 1}})"), IsEmpty());
    for (int i = 0; i < 100'000; ++i) add({i % 1000 + 0.0});
    EXPECT_EQ(rows(R"({"real": {"lt": 1}})").size(), 100U);
}

TEST_F(RulesTest, ManifestDeclaresTheRulesShape) {
    const auto manifest = nlohmann::json::parse(plugin_.manifest());
    EXPECT_EQ(manifest.at("issues")[0].at("code"), "*");
    const auto& rule = manifest.at("options")[0].at("items");
    EXPECT_EQ(rule.at("options").size(), 5U);
}

}  // namespace
}  // namespace ingest::test
