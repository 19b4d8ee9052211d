#include "plugin/manifest.h"

#include <gmock/gmock.h>

namespace ingest::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Manifest, ReadsAllMembers) {
    const auto manifest = parse_manifest(R"({
        "kind": "validator", "shared_state": true,
        "options": [{"name": "*", "type": "object",
                     "options": [{"name": "min", "type": "number", "constrains": "minimum"}]},
                    {"name": "list", "type": "array", "items": {"type": "string"}}],
        "reads": ["*"], "writes": ["equipment_id"],
        "issues": [{"code": "out_of_range", "description": "too much"}]})");
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->kind, Kind::validator);
    EXPECT_TRUE(manifest->shared_state);
    EXPECT_EQ(manifest->options.size(), 2U);
    EXPECT_THAT(manifest->writes, ElementsAre("equipment_id"));
    ASSERT_EQ(manifest->issues.size(), 1U);
    EXPECT_EQ(manifest->issues[0].code, "out_of_range");
}

TEST(Manifest, NeedsNoMoreThanAKind) {
    const auto manifest = parse_manifest(R"({"kind":"sink"})");
    ASSERT_TRUE(manifest);
    EXPECT_EQ(manifest->kind, Kind::sink);
    EXPECT_FALSE(manifest->shared_state);
    EXPECT_TRUE(manifest->options.empty());
}

struct Broken {
    const char* json;
    const char* expected;
};

class ManifestRefuses : public ::testing::TestWithParam<Broken> {};

TEST_P(ManifestRefuses, WithAReason) {
    const auto manifest = parse_manifest(GetParam().json);
    ASSERT_FALSE(manifest);
    EXPECT_THAT(manifest.error().message, HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ManifestRefuses,
    ::testing::Values(
        Broken{"", "not a JSON object"}, Broken{"[]", "not a JSON object"},
        Broken{"{}", "kind"}, Broken{R"({"kind":"thing"})", "kind"},
        Broken{R"({"kind":1})", R"("kind" has the wrong type, number)"},
        Broken{R"({"kind":"validator","shared_state":1})", R"("shared_state" has the wrong type)"},
        Broken{R"({"kind":"sink","shared_state":false})", "shared_state is for validators"},
        Broken{R"({"kind":"sink","option":[]})", R"(unknown member "option")"},
        Broken{R"({"kind":"sink","options":{}})", R"("options" has the wrong type, object)"},
        Broken{R"({"kind":"sink","options":[1]})", "not an object"},
        Broken{R"({"kind":"sink","options":[{"type":"string"}]})", "no name"},
        Broken{R"({"kind":"sink","options":[{"name":"a"}]})", "no known type"},
        Broken{R"({"kind":"sink","options":[{"name":"a","type":"date"}]})", "no known type"},
        Broken{R"({"kind":"sink","options":[{"name":"a","type":"string","secret":"yes"}]})",
               R"(option "a": "secret" has the wrong type, string)"},
        Broken{R"({"kind":"sink","options":[{"name":"a","type":"array","items":{"type":1}}]})",
               R"("type" has the wrong type, number)"},
        Broken{R"({"kind":"sink","options":[{"name":"a","type":"array","items":[]}]})",
               R"("items" has the wrong type, array)"},
        Broken{R"({"kind":"sink","options":[{"name":"a","type":"string","defualt":1}]})",
               R"(option "a" has the unknown member "defualt")"},
        Broken{R"({"kind":"sink","options":[{"name":"","type":"string"}]})", "no name"},
        Broken{R"({"kind":"sink","options":[{"name":"a","type":"string"},
                                            {"name":"a","type":"number"}]})",
               R"(option "a" is there twice)"},
        Broken{R"({"kind":"sink","reads":"*"})", R"("reads" has the wrong type, string)"},
        Broken{R"({"kind":"sink","reads":[1]})", R"(reads: 1 is neither a column's name)"},
        Broken{R"({"kind":"validator","writes":["Temp"]})", R"(writes: "Temp" is neither)"},
        Broken{R"({"kind":"validator","issues":["a"]})", "an issue is not an object"},
        Broken{R"({"kind":"validator","issues":[{"description":"x"}]})", R"(issue code "")"},
        Broken{R"({"kind":"validator","issues":[{"code":"A"}]})", R"(issue code "A" is not)"},
        Broken{R"({"kind":"validator","issues":[{"code":"a","why":"b"}]})", R"(member "why")"},
        Broken{R"({"kind":"validator","issues":[{"code":"a"},{"code":"a"}]})", "twice"}));

// What may follow `{"name": "a", "type": ` in an option.
class OptionRefuses : public ::testing::TestWithParam<Broken> {};

TEST_P(OptionRefuses, WithAReason) {
    const std::string option = std::string(R"({"name":"a","type":)") + GetParam().json + "}";
    const auto manifest = parse_manifest(R"({"kind":"sink","options":[)" + option + "]}");
    ASSERT_FALSE(manifest);
    EXPECT_THAT(manifest.error().message, HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    ValuesThatDoNotFit, OptionRefuses,
    ::testing::Values(
        Broken{R"("string","default":1)", "the default 1 is not of the type string"},
        Broken{R"("string","default":null)", "the default null is not of the type string"},
        Broken{R"("integer","default":1.5)", "1.5 is not of the type integer"},
        Broken{R"("number","default":"1")", "not of the type number"},
        Broken{R"("boolean","default":0)", "not of the type boolean"},
        Broken{R"("array","default":{})", "not of the type array"},
        Broken{R"("object","default":[])", "not of the type object"},
        Broken{R"("integer","minimum":2,"default":1)", "the default 1 is below minimum"},
        Broken{R"("number","maximum":2,"default":2.5)", "the default 2.5 is above maximum"},
        Broken{R"("integer","minimum":3,"maximum":2)", "minimum is above maximum"},
        Broken{R"("string","enum":["x"],"default":"y")", R"(default "y" is not in enum)"},
        Broken{R"("string","enum":[])", "enum is empty"},
        Broken{R"("integer","enum":[1,"2"])", R"(in enum, "2" is not of the type integer)"}));

TEST(Manifest, TakesDefaultsThatFit) {
    const auto manifest = parse_manifest(R"({"kind": "sink", "options": [
        {"name": "a", "type": "integer", "minimum": 1, "maximum": 3, "default": 3},
        {"name": "b", "type": "number", "default": 1},
        {"name": "c", "type": "string", "enum": ["x", "y"], "default": "y"},
        {"name": "d", "type": "any", "default": null},
        {"name": "e", "type": "array", "items": {"type": "object", "options": [
            {"name": "a", "type": "boolean", "default": false}]}, "default": []}]})");
    EXPECT_TRUE(manifest) << manifest.error().message;
}

TEST(Manifest, BoundsTheNumberOfIssues) {
    std::string issues;
    for (int i = 0; i < 257; ++i) {
        issues += (i == 0 ? "" : ",") + (R"({"code":"c)" + std::to_string(i)) + R"("})";
    }
    const auto manifest = parse_manifest(R"({"kind":"validator","issues":[)" + issues + "]}");
    ASSERT_FALSE(manifest);
    EXPECT_THAT(manifest.error().message, HasSubstr("more than 256"));
}

TEST(Manifest, BoundsNesting) {
    std::string options = R"([{"name":"a","type":"object","options":[]}])";
    for (int i = 0; i < 40; ++i) {
        options = R"([{"name":"a","type":"object","options":)" + options + "}]";
    }
    const auto manifest = parse_manifest(R"({"kind":"sink","options":)" + options + "}");
    ASSERT_FALSE(manifest);
    EXPECT_THAT(manifest.error().message, HasSubstr("deeply"));
}

TEST(Manifest, BoundsNestingOfItemsToo) {
    std::string json = R"({"kind":"sink","options":[{"name":"a","type":"array")";
    for (int i = 0; i < 50'000; ++i) json += R"(,"items":{"type":"array")";
    json.append(50'000, '}').append("}]}");
    const auto manifest = parse_manifest(json);
    ASSERT_FALSE(manifest);
    EXPECT_THAT(manifest.error().message, HasSubstr("deeply"));
}

}  // namespace
}  // namespace ingest::plugin
