#include <nlohmann/json.hpp>

#include "unit/plugins/validator_fixture.h"

namespace ingest::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class EquipmentIdTest : public ::testing::Test {
protected:
    Found check(const std::vector<std::string>& ids, std::string_view options = "{}") {
        return run(plugin_, options, readings_of(*schema_, ids));
    }
    std::string refused_options(std::string_view options) {
        return config_message(plugin_, options, *schema_);
    }
    // "" when the id passes, else the finding's code.
    std::string code(const std::string& id, std::string_view options = "{}") {
        const Found found = check({id}, options);
        EXPECT_LE(found.issues.size(), 1U);
        return found.issues.empty() ? "" : found.issues[0].code;
    }
    Plugin plugin_{"equipment-id"};
    std::unique_ptr<model::Schema> schema_ = sensor_schema();
};

TEST_F(EquipmentIdTest, TakesWellFormedIdsAsTheyAre) {
    const Found found = check({"PUMP-A1-001", "A-0-999", "CNC-LINE7-042"});
    EXPECT_THAT(found.issues, IsEmpty());
    EXPECT_THAT(found.sets, IsEmpty());
}

TEST_F(EquipmentIdTest, UpperCasesAndTellsOnlyWhatChanges) {
    const Found found = check({"PUMP-A1-001", "pump-a1-002", "PUMP-a1-003"});
    EXPECT_THAT(found.issues, IsEmpty());
    EXPECT_THAT(found.sets, ElementsAre(Report::Set{1, INGEST_COLUMN_EQUIPMENT_ID, "PUMP-A1-002"},
                                        Report::Set{2, INGEST_COLUMN_EQUIPMENT_ID, "PUMP-A1-003"}));
}

TEST_F(EquipmentIdTest, LeavesLowerCaseAloneWhenToldSo) {
    const Found found = check({"pump-a1-002"}, R"({"uppercase": false})");
    EXPECT_THAT(found.sets, IsEmpty());
    ASSERT_EQ(found.issues.size(), 1U);
    EXPECT_EQ(found.issues[0].code, "pattern");
}

TEST_F(EquipmentIdTest, UpperCasesAsciiOnly) {
    const Found found = check({"zähler-ß1-ı01"});
    EXPECT_THAT(found.sets, ElementsAre(Report::Set{0, 1, "ZäHLER-ß1-ı01"}));
    EXPECT_THAT(rows_of(found), ElementsAre(0));
}

TEST_F(EquipmentIdTest, SaysWhatWasExpected) {
    const Found found = check({"PUMP_A1_001", "AB"});
    EXPECT_THAT(found.issues,
                ElementsAre(Report::Issue{0, INGEST_COLUMN_EQUIPMENT_ID, INGEST_REJECT_ROW,
                                          "pattern", "must match ^[A-Z]+-[A-Z0-9]+-[0-9]{3}$"},
                            Report::Issue{1, INGEST_COLUMN_EQUIPMENT_ID, INGEST_REJECT_ROW,
                                          "length",
                                          "must have at least 3 and at most 50 characters"}));
}

TEST_F(EquipmentIdTest, MatchesTheWholeId) {
    EXPECT_EQ(code("PUMP-A1-001\n"), "pattern");
    EXPECT_EQ(code("\nPUMP-A1-001"), "pattern");
    EXPECT_EQ(code("PUMP-A1-001 "), "pattern");
    EXPECT_EQ(code("PUMP-A1-0011"), "pattern");
    EXPECT_EQ(code(std::string("PUMP-A1-001\0", 12)), "pattern");
    EXPECT_EQ(code("xPUMPx", R"({"pattern": "PUMP"})"), "pattern");
    EXPECT_EQ(code("PUMP-A1-001\n", R"({"pattern": "(?m)^[A-Z0-9-]+$"})"), "pattern");
}

TEST_F(EquipmentIdTest, MatchesDigitsOfAsciiOnly) {
    EXPECT_EQ(code("PUMP-A1-٠٠١"), "pattern");
    EXPECT_EQ(code("PUMP-A1-00１"), "pattern");
}

TEST_F(EquipmentIdTest, LengthBoundsAreInclusive) {
    constexpr std::string_view any = R"({"pattern": ".*"})";
    EXPECT_EQ(code("", any), "length");
    EXPECT_EQ(code("AB", any), "length");
    EXPECT_EQ(code("ABC", any), "");
    EXPECT_EQ(code(std::string(50, 'A'), any), "");
    EXPECT_EQ(code(std::string(51, 'A'), any), "length");
}

TEST_F(EquipmentIdTest, CountsCodePoints) {
    constexpr std::string_view three = R"({"pattern": ".*", "min_length": 3, "max_length": 3})";
    EXPECT_EQ(code("äöü", three), "");
    EXPECT_EQ(code("\U0001F600\U0001F600\U0001F600", three), "");
    EXPECT_EQ(code("äö", three), "length");
    EXPECT_EQ(code("äöüß", three), "length");
}

TEST_F(EquipmentIdTest, SkipsAbsentIdsAndChecksRefusedRows) {
    model::Batch batch = readings_of(*schema_, {"bad", "also bad"});
    batch.add_row();
    const std::uint8_t refused = 0b110;
    EXPECT_THAT(rows_of(run(plugin_, "{}", batch, &refused)), ElementsAre(0, 1));
}

TEST_F(EquipmentIdTest, RefusesOptionsThatCanNeverWork) {
    EXPECT_THAT(refused_options(R"({"pattern": "([A-Z"})"),
                StartsWith("/pattern: is no regular expression (RE2 syntax): missing"));
    EXPECT_THAT(refused_options(R"({"pattern": "(?<=A)B"})"), HasSubstr("(?<"));
    EXPECT_THAT(refused_options(R"({"pattern": "(\\w+)\\1"})"), HasSubstr("invalid escape"));
    EXPECT_THAT(refused_options(R"({"pattern": "((a{100}){100}){100}"})"), StartsWith("/pattern"));
    EXPECT_THAT(refused_options(R"({"min_length": 9, "max_length": 8})"),
                StartsWith("/min_length: "));
    EXPECT_THAT(refused_options(R"({"min_length": -1})"), StartsWith("/min_length: "));
    EXPECT_EQ(refused_options(R"({"pattern": 7})"), "/pattern: must be a text");
    EXPECT_EQ(refused_options(R"({"uppercase": "yes"})"), "/uppercase: must be true or false");
    EXPECT_EQ(refused_options("{"), "/pattern: must be a text");
}

// A matcher that backtracks would not come to an end before the test's time limit.
TEST_F(EquipmentIdTest, MatchesHostilePatternsInLinearTime) {
    const std::string hostile = std::string(100'000, 'A') + "!";
    EXPECT_EQ(code(hostile, R"({"pattern": "(A+)+$", "max_length": 1000000})"), "pattern");
    EXPECT_EQ(code(hostile, R"({"pattern": "(A|AA)+B", "max_length": 1000000})"), "pattern");
}

TEST_F(EquipmentIdTest, TakesManyRows) {
    std::vector<std::string> ids;
    for (int i = 0; i < 100'000; ++i) {
        ids.push_back(i % 1000 == 0 ? "pump-a1-001" : i % 1000 == 1 ? "PUMP" : "PUMP-A1-001");
    }
    const Found found = check(ids);
    EXPECT_EQ(found.sets.size(), 100U);
    EXPECT_EQ(found.issues.size(), 100U);
    EXPECT_EQ(check({}).issues.size(), 0U);
}

TEST_F(EquipmentIdTest, ManifestDeclaresWhatTheApiDocumentationNeeds) {
    EXPECT_EQ(plugin_.id(), "equipment-id");
    const auto manifest = nlohmann::json::parse(plugin_.manifest());
    EXPECT_EQ(manifest.at("kind"), "validator");
    std::vector<std::string> constrains;
    for (const auto& option : manifest.at("options")) {
        EXPECT_TRUE(option.contains("default")) << option;
        if (option.contains("constrains")) {
            EXPECT_EQ(option.at("column"), "equipment_id");
            constrains.push_back(option.at("constrains"));
        }
    }
    EXPECT_THAT(constrains, ElementsAre("pattern", "minLength", "maxLength"));
    EXPECT_EQ(plugin_.find_interface("ingest.validator/2"), nullptr);
}

}  // namespace
}  // namespace ingest::test
