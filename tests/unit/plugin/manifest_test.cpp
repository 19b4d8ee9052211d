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
        Broken{R"({"kind":"sink","shared_state":1})", "shared_state"},
        Broken{R"({"kind":"sink","options":{}})", "not an array"},
        Broken{R"({"kind":"sink","options":[1]})", "not an object"},
        Broken{R"({"kind":"sink","options":[{"type":"string"}]})", "no name"},
        Broken{R"({"kind":"sink","options":[{"name":"a"}]})", "no known type"},
        Broken{R"({"kind":"sink","options":[{"name":"a","type":"date"}]})", "no known type"},
        Broken{R"({"kind":"sink","options":[{"name":"a","type":"string","secret":"yes"}]})",
               "'secret' has the wrong type"},
        Broken{R"({"kind":"sink","options":[{"name":"a","type":"array","items":{"type":1}}]})",
               "'type' has the wrong type"}));

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
