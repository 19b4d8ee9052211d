#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/documents.h"

namespace ingest::http {
namespace {

using nlohmann::json;

json document(const observe::Plugins& plugins, Sight sight) {
    std::string text;
    append_plugins(text, plugins, sight);
    return json::parse(text);
}

observe::LoadedPlugin loaded(const std::string& name, const std::string& plugin) {
    return {.name = name, .plugin = plugin, .version = "1.0.0", .description = "\"It\" does.",
            .built_minor = 3, .file = "/opt/plugins/" + plugin + ".so", .sha256 = "abc",
            .options_set = {"a", "b"}, .instances = 2};
}

observe::Plugins some() {
    observe::Plugins plugins;
    plugins.validators.push_back({.loaded = loaded("limits", "range"),
                                  .shared_state = true,
                                  .on_error = "pass",
                                  .issues = {{"high", "Too high.", 3, 1}, {"", "", 4, 0}},
                                  .failures = 5,
                                  .misbehaviours = 6});
    plugins.sinks.push_back({.loaded = loaded("database", "sqlite-sink"),
                             .ready = "optional",
                             .answers_queries = true});
    return plugins;
}

TEST(PluginsDocument, HasAllButOptionValues) {
    EXPECT_EQ(document(some(), Sight::local), json::parse(R"({
        "validators": [{"name": "limits", "plugin": "range", "version": "1.0.0",
            "kind": "validator", "description": "\"It\" does.", "abi": "1.3",
            "file": "/opt/plugins/range.so", "sha256": "abc", "options_set": ["a", "b"],
            "instances": 2, "shared_state": true, "on_error": "pass",
            "counts": {"rejections": 7, "warnings": 1, "failures": 5, "misbehaviours": 6},
            "issues": [
                {"code": "high", "description": "Too high.", "rejections": 3, "warnings": 1},
                {"code": null, "description": "codes that the plugin does not list",
                 "rejections": 4, "warnings": 0}]}],
        "sinks": [{"name": "database", "plugin": "sqlite-sink", "version": "1.0.0",
            "kind": "sink", "description": "\"It\" does.", "abi": "1.3",
            "file": "/opt/plugins/sqlite-sink.so", "sha256": "abc", "options_set": ["a", "b"],
            "workers": 2, "ready": "optional", "answers_queries": true}]})"));
}

TEST(PluginsDocument, WhereFilesAreIsForThisMachineOnly) {
    const json remote = document(some(), Sight::remote);
    EXPECT_EQ(remote["validators"][0]["file"], "range.so");
    EXPECT_EQ(remote["sinks"][0]["file"], "sqlite-sink.so");
    EXPECT_EQ(remote.dump().find("/opt"), std::string::npos);
}

TEST(PluginsDocument, OfNone) {
    EXPECT_EQ(document({}, Sight::local), json::parse(R"({"validators": [], "sinks": []})"));
}

}  // namespace
}  // namespace ingest::http
