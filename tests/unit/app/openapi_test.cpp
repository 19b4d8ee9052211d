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

// The example of /ingest, or null.
json example_of(const model::Schema& schema, std::vector<DocumentedValidator> validators) {
    ApiFacts facts;
    facts.validators = std::move(validators);
    const json document = json::parse(openapi_document(facts, schema));
    const json& media = document["paths"]["/api/v1/sensors/ingest"]["post"]["requestBody"]
                                ["content"]["application/json"];
    return media.contains("example") ? media["example"] : json();
}

TEST(OpenApi, ExamplesLieWithinTheBounds) {
    const model::Schema schema({{"t", model::ColumnType::float64, true},
                                {"n", model::ColumnType::int64, false},
                                {"free", model::ColumnType::float64, false},
                                {"on", model::ColumnType::boolean, false},
                                {"word", model::ColumnType::utf8, true},
                                {"at", model::ColumnType::timestamp, false}});
    const auto range = manifest(R"([{"name": "*", "type": "object", "options": [
        {"name": "min", "type": "any", "constrains": "minimum"},
        {"name": "max", "type": "any", "constrains": "maximum"}]}])");
    EXPECT_EQ(example_of(schema, {{&range, json::parse(R"({"t": {"min": -50, "max": 200},
                                                           "n": {"min": 6.5, "max": 7.5},
                                                           "free": {"max": "a text"}})")}}),
              json::parse(R"({"equipment_id": "PUMP-HALL3-001", "t": 75.0, "n": 7, "free": 20.5,
                              "on": true, "word": "text", "at": "2026-01-01T12:00:00Z"})"));
    EXPECT_EQ(example_of(schema, {{&range, json::parse(R"({"n": {"min": 6.5, "max": 6.9}})")}})
                  .count("n"),
              0U)
        << "there is none, and it is not required";
}

TEST(OpenApi, NoExampleWhereNoneIsKnownToFit) {
    const model::Schema schema({{"word", model::ColumnType::utf8, true}});
    const auto id = manifest(R"([
        {"name": "pattern", "type": "string", "column": "equipment_id", "constrains": "pattern"},
        {"name": "most", "type": "any", "column": "equipment_id", "constrains": "maxLength"},
        {"name": "word", "type": "string", "column": "word", "constrains": "pattern"}])");
    const auto with = [&](const char* options) {
        return example_of(schema, {{&id, json::parse(options)}});
    };
    EXPECT_EQ(with("{}")["equipment_id"], "PUMP-HALL3-001");
    EXPECT_FALSE(with(R"({"pattern": "^[A-Z]+-[A-Z0-9]+-[0-9]{3}$", "most": 14})").is_null());
    EXPECT_TRUE(with(R"({"pattern": "^[0-9]+$"})").is_null());
    EXPECT_TRUE(with(R"({"most": 13})").is_null());
    EXPECT_TRUE(with(R"({"word": "^x$"})").is_null());
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
