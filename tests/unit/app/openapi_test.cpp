#include "app/openapi.h"

#include <functional>

#include <gtest/gtest.h>

#include "support/batches.h"

namespace ingest::app {
namespace {

using nlohmann::json;

plugin::Manifest manifest(const char* options) {
    plugin::Manifest manifest;
    manifest.options = json::parse(options);
    return manifest;
}

TEST(OpenApi, TakesRangesFromTheValidatorsOptions) {
    const auto range = manifest(R"([{"name": "*", "type": "object", "options": [
        {"name": "min", "type": "number", "constrains": "minimum"},
        {"name": "max", "type": "number", "constrains": "maximum"}]}])");
    const auto id = manifest(
        R"([{"name": "pattern", "type": "string", "column": "equipment_id",
             "constrains": "pattern"}, {"name": "uppercase", "type": "boolean"}])");
    const auto found = constraints_of(
        {{&range, json::parse(R"({"temperature": {"min": -50, "max": 200}, "rpm": {"min": 0}})")},
         {&id, json::parse(R"({"pattern": "^[A-Z]+$", "uppercase": true})")}});
    EXPECT_EQ(json(found), json::parse(R"({"temperature": {"minimum": -50, "maximum": 200},
        "rpm": {"minimum": 0}, "equipment_id": {"pattern": "^[A-Z]+$"}})"));
}

TEST(OpenApi, DescribesTheConfiguredFields) {
    const model::Schema schema({{"temperature", model::ColumnType::float64, true, "°C"},
                                {"rpm", model::ColumnType::int64, false, "1/min", "Turns."}});
    ApiFacts facts;
    facts.service = "demo";
    facts.version = "1";
    facts.readings_max = 7;
    facts.sinks = {"database"};
    const json document = json::parse(openapi_document(facts, schema));
    EXPECT_EQ(document["openapi"], "3.1.0");
    const json& reading = document["components"]["schemas"]["Reading"];
    EXPECT_EQ(reading["required"], json({"equipment_id", "temperature"}));
    EXPECT_EQ(reading["properties"]["temperature"]["x-unit"], "°C");
    EXPECT_EQ(reading["properties"]["rpm"]["type"], json({"integer", "null"}));
    EXPECT_EQ(reading["properties"]["rpm"]["description"], "Turns. Unit: 1/min");
    EXPECT_EQ(document["components"]["schemas"]["Batch"]["properties"]["readings"]["maxItems"], 7);
    EXPECT_TRUE(document["components"]["schemas"]["Health"]["properties"].contains("database"));
    for (const char* path : {"/", "/health", "/health/ready", "/api/v1/sensors/ingest",
                             "/api/v1/sensors/ingest/batch", "/api/v1/sensors/explain",
                             "/api/v1/plugins",
                             "/api/v1/sensors/{equipment_id}/latest"}) {
        EXPECT_TRUE(document["paths"].contains(path)) << path;
    }
}

TEST(OpenApi, AnExplanationKeepsNothing) {
    const json document = json::parse(openapi_document({}, *test::sensor_schema()));
    const json& operation = document["paths"]["/api/v1/sensors/explain"]["post"];
    std::vector<std::string> statuses;
    for (const auto& [status, response] : operation["responses"].items())
        statuses.push_back(status);
    EXPECT_EQ(statuses, (std::vector<std::string>{"200", "400", "413", "415", "429", "503"}));
    EXPECT_EQ(operation["operationId"], "explain");
}

TEST(OpenApi, EveryReferenceHasATarget) {
    const auto schema = test::sensor_schema();
    const json document = json::parse(openapi_document({}, *schema));
    int references = 0;
    const std::function<void(const json&)> walk = [&](const json& node) {
        if (node.is_object() && node.contains("$ref")) {
            ++references;
            const auto target = node["$ref"].get<std::string>().substr(1);
            EXPECT_TRUE(document.contains(json::json_pointer(target))) << target;
        }
        if (!node.is_structured()) return;
        for (const json& child : node) walk(child);
    };
    walk(document);
    EXPECT_GT(references, 10);
}

}  // namespace
}  // namespace ingest::app
