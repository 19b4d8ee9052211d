#pragma once

#include <string>

#include <nlohmann/json.hpp>

// What the OpenAPI document is put together from.
namespace ingest::app::openapi {

using nlohmann::ordered_json;

inline ordered_json ref(const char* name) {
    return {{"$ref", std::string("#/components/schemas/") + name}};
}

inline ordered_json json_content(const ordered_json& schema) {
    return {{"application/json", {{"schema", schema}}}};
}

inline ordered_json answer(const char* description, const char* schema) {
    return {{"description", description}, {"content", json_content(ref(schema))}};
}

inline ordered_json integer() { return {{"type", "integer"}}; }
inline ordered_json text() { return {{"type", "string"}}; }
inline ordered_json array_of(const ordered_json& items) {
    return {{"type", "array"}, {"items", items}};
}

// The schemas of /plugins and /explain. They refer to Finding and StoredReading.
void add_plugin_schemas(ordered_json& schemas);

// Puts an example beside the schema of each request, for people and for pages that send what they
// show; none where none is known to fit, as with a pattern of one's own for the ids of equipment.
void add_examples(ordered_json& paths, const ordered_json& reading_schema);

// Says which operations need a key or token, and how it is shown.
void add_security(ordered_json& document, bool takes_tokens);

}  // namespace ingest::app::openapi
