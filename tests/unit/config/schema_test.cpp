#include "app/config/schema.h"

#include <gtest/gtest.h>

#include "app/config/config.h"

namespace ingest::app::config {
namespace {

using nlohmann::ordered_json;

ordered_json schema(const ordered_json& plugins = ordered_json::array()) {
    return to_schema(outline(), plugins);
}

ordered_json at(const ordered_json& document, const char* pointer) {
    return document.at(ordered_json::json_pointer(pointer));
}

TEST(Schema, SettingsHaveTypesRangesDefaultsAndEnvironmentNames) {
    const ordered_json whole = schema();
    EXPECT_EQ(whole["$schema"], "https://json-schema.org/draft/2020-12/schema");
    EXPECT_EQ(at(whole, "/properties/http/properties/port"), ordered_json::parse(R"({
        "description": "0: any free port, told in the log. Environment: PORT.",
        "default": 8001,
        "anyOf": [{"type": "integer", "minimum": 0, "maximum": 65535},
                  {"type": "string", "pattern": "^(?:[+-]?[0-9]+)$"},
                  {"type": "string", "pattern": "\\$\\{"}]})"));
    const ordered_json drain = at(whole, "/properties/drain/properties/timeout");
    EXPECT_EQ(drain["default"], "10s");
    EXPECT_EQ(drain["description"],
              "What is not delivered by then stays in the spool. Range: 0ms..1h.");
    EXPECT_EQ(at(whole, "/properties/spool/properties/size_max/anyOf/0/minimum"), 2 * 1024 * 1024);
    EXPECT_EQ(at(whole, "/properties/ack/anyOf/0/enum"), ordered_json({"sink", "spool"}));
}

TEST(Schema, WhatDependsOnOthersHasNoDefault) {
    EXPECT_FALSE(at(schema(), "/properties/ack").contains("default"));
    EXPECT_FALSE(at(schema(), "/properties/storage").contains("default"));
    EXPECT_FALSE(at(schema(), "/properties/sinks/items/properties/name").contains("default"));
}

TEST(Schema, SaysWhatIsNeeded) {
    const ordered_json whole = schema();
    EXPECT_EQ(whole["required"], ordered_json({"reading", "sinks"}));
    EXPECT_EQ(at(whole, "/properties/sinks/minItems"), 1);
    EXPECT_EQ(at(whole, "/properties/sinks/items/required"), ordered_json({"name", "plugin"}));
    EXPECT_EQ(at(whole, "/properties/http/properties/tls/required"),
              ordered_json({"certificate", "key"}));
    EXPECT_EQ(at(whole, "/properties/reading/properties/fields/maxProperties"), 1000);
}

TEST(Schema, OptionsOfPluginsAreThoseOfTheirManifests) {
    const ordered_json plugins = ordered_json::parse(R"([
      {"id": "v", "kind": "validator", "options": [
        {"name": "*", "type": "object", "options": [
          {"name": "min", "type": "number", "minimum": 0.5}]}]},
      {"id": "s", "kind": "sink", "options": [
        {"name": "url", "type": "string", "required": true, "secret": true, "description": "Where"},
        {"name": "n", "type": "integer", "default": 3, "required": true, "maximum": 9},
        {"name": "mode", "type": "string", "enum": ["a", "b"]},
        {"name": "level", "type": "integer", "enum": [1, 2]},
        {"name": "list", "type": "array", "items": {"type": "boolean"}},
        {"name": "any", "type": "any"}]}])");
    const ordered_json whole = schema(plugins);
    const ordered_json sink = at(whole, "/properties/sinks/items");
    ASSERT_EQ(sink["allOf"].size(), 1U);
    EXPECT_EQ(at(sink, "/allOf/0/if/properties/plugin/const"), "s");
    EXPECT_EQ(at(sink, "/properties/plugin/anyOf/0/enum"), ordered_json::array({"s"}));
    EXPECT_EQ(at(sink, "/allOf/0/then/required"), ordered_json::array({"options"}));
    const ordered_json options = at(sink, "/allOf/0/then/properties/options");
    EXPECT_EQ(options["required"], ordered_json::array({"url"}));
    EXPECT_EQ(options["additionalProperties"], false);
    EXPECT_EQ(at(options, "/properties/url/description"), "Where. Secret.");
    EXPECT_EQ(at(options, "/properties/url/writeOnly"), true);
    EXPECT_EQ(at(options, "/properties/n/default"), 3);
    EXPECT_EQ(at(options, "/properties/n/anyOf/0/maximum"), 9);
    EXPECT_EQ(at(options, "/properties/mode/anyOf/0/enum"), ordered_json({"a", "b"}));
    EXPECT_EQ(at(options, "/properties/level/anyOf/1/enum"), ordered_json({"1", "2"}));
    EXPECT_EQ(at(options, "/properties/list/items/anyOf/0/type"), "boolean");
    EXPECT_EQ(at(options, "/properties/any"), ordered_json::object());
    const ordered_json validator = at(whole, "/properties/validators/items");
    ASSERT_EQ(validator["allOf"].size(), 1U);
    EXPECT_EQ(at(validator, "/allOf/0/then/properties/options/additionalProperties/properties/min/"
                            "anyOf/0/minimum"),
              0.5);
    EXPECT_FALSE(at(schema(), "/properties/sinks/items").contains("allOf"));
}

}  // namespace
}  // namespace ingest::app::config
