#include "app/openapi.h"

#include "app/openapi_parts.h"

namespace ingest::app {
namespace {

using namespace openapi;
using nlohmann::json;

// Beside a list of findings that is cut.
ordered_json omitted() {
    return {{"type", "integer"},
            {"description", "How many more were found than the answer tells of; else missing"}};
}

// Walks options beside their declarations. `column` is the name of the enclosing "*" option.
void collect(const json& declared, const json& options, const std::string& column,
             ordered_json& out) {
    for (const json& option : declared) {
        const std::string name = option["name"].get<std::string>();
        for (const auto& [key, value] : options.items()) {
            if (name != "*" && name != key) continue;
            const std::string of = option.value("column", name == "*" ? key : column);
            if (option.contains("constrains") && !of.empty() && !value.is_null()) {
                out[of][option["constrains"].get<std::string>()] = value;
            }
            if (option.contains("options") && value.is_object()) {
                collect(option["options"], value, of, out);
            }
        }
    }
}

ordered_json type_of(const model::Field& field) {
    switch (field.type) {
        case model::ColumnType::int64: return {{"type", "integer"}, {"format", "int64"}};
        case model::ColumnType::float64: return {{"type", "number"}, {"format", "double"}};
        case model::ColumnType::boolean: return {{"type", "boolean"}};
        case model::ColumnType::timestamp: return {{"type", "string"}, {"format", "date-time"}};
        case model::ColumnType::uuid: return {{"type", "string"}, {"format", "uuid"}};
        case model::ColumnType::utf8: break;
    }
    return {{"type", "string"}};
}

ordered_json property_of(const model::Field& field, const ordered_json& constraints) {
    ordered_json property = type_of(field);
    std::string description = field.description;
    if (!field.unit.empty()) {
        property["x-unit"] = field.unit;
        description += (description.empty() ? "Unit: " : " Unit: ") + field.unit;
    }
    if (!description.empty()) property["description"] = description;
    if (const auto found = constraints.find(field.name); found != constraints.end()) {
        property.update(*found);
    }
    if (!field.required) property["type"] = {property["type"].get<std::string>(), "null"};
    return property;
}

ordered_json reading_schema(const ApiFacts& facts, const model::Schema& schema) {
    const ordered_json constraints = constraints_of(facts.validators);
    ordered_json properties;
    ordered_json required = {"equipment_id"};
    model::Field equipment{"equipment_id", model::ColumnType::utf8, true};
    equipment.description = "The machine that was measured; stored in upper case if so configured.";
    properties["equipment_id"] = property_of(equipment, constraints);
    for (std::size_t i = model::column_first_field; i < schema.size(); ++i) {
        properties[schema[i].name] = property_of(schema[i], constraints);
        if (schema[i].required) required.push_back(schema[i].name);
    }
    properties["timestamp"] = {
        {"type", {"string", "number"}},
        {"description",
         "When it was measured: RFC 3339 (UTC when it has no zone), or seconds since 1970, or "
         "milliseconds when above 2e10. The time of receipt when absent. Microseconds are kept."}};
    properties["reading_id"] = {
        {"type", "string"},
        {"description",
         "The sender's own name for this reading. The id in the answer derives from it and from "
         "the content, so that the same reading sent again is stored once."}};
    return {{"type", "object"},
            {"required", required},
            {"properties", properties},
            {"additionalProperties", !facts.unknown_fields_refused}};
}

ordered_json stored_schema(const model::Schema& schema) {
    ordered_json properties;
    properties["reading_id"] = {{"type", "string"}, {"format", "uuid"}};
    properties["equipment_id"] = {{"type", "string"}};
    for (std::size_t i = model::column_first_field; i < schema.size(); ++i) {
        ordered_json property = type_of(schema[i]);
        property["type"] = {property["type"].get<std::string>(), "null"};
        if (!schema[i].unit.empty()) property["x-unit"] = schema[i].unit;
        properties[schema[i].name] = property;
    }
    properties["timestamp"] = {{"type", "string"}, {"format", "date-time"}};
    properties["created_at"] = {{"type", "string"}, {"format", "date-time"}};
    return {{"type", "object"}, {"properties", properties}};
}

ordered_json finding_schema(bool in_batch) {
    ordered_json properties;
    if (in_batch) {
        properties["index"] = {{"type", "integer"}, {"description", "Position in the request"}};
        properties["line"] = {{"type", "integer"},
                              {"description", "Of an NDJSON or CSV body, from 1; else absent"}};
        properties["equipment_id"] = {{"type", {"string", "null"}}};
        properties["error"] = text();
    } else {
        properties["message"] = text();
    }
    properties["field"] = {{"type", {"string", "null"}}};
    properties["code"] = text();
    return {{"type", "object"}, {"properties", properties}};
}

ordered_json stuck_calls_schema() {
    const ordered_json call = {
        {"type", "object"},
        {"properties",
         {{"plugin", text()}, {"function", text()}, {"seconds", {{"type", "number"}}}}}};
    return {{"type", "array"},
            {"description", "Calls into plugins that do not return; absent when there are none."},
            {"items", call}};
}

ordered_json schemas(const ApiFacts& facts, const model::Schema& schema) {
    ordered_json all;
    all["Reading"] = reading_schema(facts, schema);
    all["Batch"] = {{"type", "object"},
                    {"required", {"readings"}},
                    {"properties",
                     {{"readings",
                       {{"type", "array"},
                        {"minItems", 1},
                        {"maxItems", facts.readings_max},
                        {"items", ref("Reading")}}}}}};
    all["Received"] = {{"type", "object"},
                       {"properties",
                        {{"reading_id", {{"type", "string"}, {"format", "uuid"}}},
                         {"equipment_id", text()},
                         {"status", {{"const", "received"}}},
                         {"timestamp", {{"type", "string"}, {"format", "date-time"}}},
                         {"message", text()},
                         {"warnings", {{"type", "array"}, {"items", ref("Finding")}}},
                         {"warnings_omitted", omitted()}}}};
    all["BatchResult"] = {
        {"type", "object"},
        {"properties",
         {{"total", integer()},
          {"successful", integer()},
          {"failed", integer()},
          {"reading_ids", {{"type", "array"}, {"items", {{"type", "string"}, {"format", "uuid"}}}}},
          {"errors", {{"type", "array"}, {"items", ref("BatchFinding")}}},
          {"errors_omitted", omitted()},
          {"warnings", {{"type", "array"}, {"items", ref("BatchFinding")}}},
          {"warnings_omitted", omitted()}}}};
    all["Finding"] = finding_schema(false);
    all["BatchFinding"] = finding_schema(true);
    all["StoredReading"] = stored_schema(schema);
    all["Latest"] = {{"type", "object"},
                     {"properties",
                      {{"equipment_id", text()},
                       {"count", integer()},
                       {"readings", {{"type", "array"}, {"items", ref("StoredReading")}}}}}};
    ordered_json health = {{"service", text()},
                           {"status", {{"enum", {"healthy", "unhealthy"}}}},
                           {"version", text()},
                           {"timestamp", {{"type", "string"}, {"format", "date-time"}}},
                           {"uptime_seconds", {{"type", "number"}}},
                           {"stuck_calls", stuck_calls_schema()}};
    ordered_json checks;
    for (const std::string& sink : facts.sinks) {
        health[sink] = {{"enum", {"connected", "disconnected"}}};
        checks[sink] = {{"enum", {"ready", "not_ready"}}};
    }
    checks["spool"] = {{"enum", {"ready", "not_ready"}}};
    all["Health"] = {{"type", "object"}, {"properties", health}};
    all["Readiness"] = {
        {"type", "object"},
        {"properties",
         {{"ready", {{"type", "boolean"}}},
          {"checks", {{"type", "object"}, {"properties", checks}}}}}};
    all["Error"] = {{"type", "object"},
                    {"required", {"error", "detail", "status_code", "timestamp", "request_id"}},
                    {"properties",
                     {{"error", text()},
                      {"detail", text()},
                      {"status_code", integer()},
                      {"timestamp", {{"type", "string"}, {"format", "date-time"}}},
                      {"request_id", text()},
                      {"errors", {{"type", "array"}, {"items", ref("Finding")}}},
                      {"errors_omitted", omitted()}}}};
    add_plugin_schemas(all);
    return all;
}

ordered_json ingest_operation(const char* id, const char* summary, const char* request,
                              const char* result, const char* refused) {
    const ordered_json key = {
        {"name", "Idempotency-Key"},
        {"in", "header"},
        {"required", false},
        {"description", "A retry with the same key and content is stored once."},
        {"schema", {{"type", "string"}}}};
    const ordered_json coding = {
        {"name", "Content-Encoding"},
        {"in", "header"},
        {"required", false},
        {"description", "The body is compressed; its bound holds for what comes out too."},
        {"schema", {{"type", "string"}, {"enum", {"gzip", "zstd", "identity"}}}}};
    ordered_json responses;
    responses["201"] = answer("Stored, and durable here for every other sink", result);
    responses["202"] = answer("Durable here; the storage will get it", result);
    responses["400"] = answer("Malformed JSON or request", "Error");
    responses["413"] = answer("The body is too large, as sent or decompressed", "Error");
    responses["415"] = answer(
        "The type of the body is not served, or its coding: see Accept-Encoding", "Error");
    responses["422"] = answer("Nothing was kept: the readings were refused", refused);
    responses["429"] = answer("Too many requests; see Retry-After", "Error");
    responses["503"] = answer("Nothing was kept; see Retry-After", "Error");
    return {{"operationId", id},
            {"summary", summary},
            {"tags", {"sensors"}},
            {"parameters", {key, coding}},
            {"requestBody", {{"required", true}, {"content", json_content(ref(request))}}},
            {"responses", responses}};
}

ordered_json get_operation(const char* id, const char* tag, const char* summary,
                           ordered_json responses) {
    return {{"operationId", id},
            {"summary", summary},
            {"tags", {tag}},
            {"responses", std::move(responses)}};
}

// As an ingest operation, but for what comes of it.
ordered_json explain_operation() {
    ordered_json operation = ingest_operation(
        "explain", "What every validator says of a reading, which is not kept", "Reading",
        "Explanation", "Error");
    ordered_json& responses = operation["responses"];
    for (const char* kept : {"201", "202", "422"}) responses.erase(kept);
    ordered_json ordered = {
        {"200", answer("What would become of the reading, and by whose doing", "Explanation")}};
    ordered.update(responses);
    ordered["503"]["description"] = "Readings are not accepted at the moment; see Retry-After";
    responses = std::move(ordered);
    return operation;
}

ordered_json latest_operation(bool answers_queries) {
    ordered_json responses;
    responses["200"] = answer("Newest first; an unknown equipment has none", "Latest");
    responses["400"] = answer("The limit is not a number from 1 to 100", "Error");
    responses["429"] = answer("Too many requests; see Retry-After", "Error");
    if (!answers_queries) responses["501"] = answer("The storage answers no queries", "Error");
    responses["503"] = answer("The storage cannot be reached; see Retry-After", "Error");
    ordered_json operation =
        get_operation("latest", "sensors", "The newest readings of one equipment", responses);
    operation["parameters"] = {{{"name", "equipment_id"},
                                {"in", "path"},
                                {"required", true},
                                {"schema", {{"type", "string"}}}},
                               {{"name", "limit"},
                                {"in", "query"},
                                {"required", false},
                                {"schema",
                                 {{"type", "integer"},
                                  {"minimum", 1},
                                  {"maximum", 100},
                                  {"default", 10}}}}};
    return operation;
}

ordered_json metrics_operation() {
    const ordered_json answer = {{"description", "Metrics in the text format of Prometheus"},
                                 {"content", {{"text/plain", {{"schema", text()}}}}}};
    return get_operation("metrics", "service", "What Prometheus scrapes", {{"200", answer}});
}

void add_line_formats(ordered_json& operation, std::uint32_t lines_max) {
    const std::string most = ", up to " + std::to_string(lines_max) +
                             "; a bad line does not concern the others.";
    const auto text_of = [](const std::string& description) -> ordered_json {
        return {{"schema", {{"type", "string"}, {"description", description}}}};
    };
    ordered_json& content = operation["requestBody"]["content"];
    content["application/x-ndjson"] = text_of("A Reading on each line" + most);
    content["text/csv"] = text_of(
        "RFC 4180, in UTF-8. The first line names the columns, which are fields of a Reading in "
        "any order; an empty cell is an absent field. A reading on each further line" + most);
}

ordered_json paths(const ApiFacts& facts) {
    ordered_json all;
    all["/api/v1/sensors/ingest"]["post"] =
        ingest_operation("ingest", "Send one reading", "Reading", "Received", "Error");
    all["/api/v1/sensors/ingest/batch"]["post"] =
        ingest_operation("ingestBatch", "Send up to a batch of readings; the good ones are kept",
                         "Batch", "BatchResult", "BatchResult");
    add_line_formats(all["/api/v1/sensors/ingest/batch"]["post"], facts.lines_max);
    all["/api/v1/sensors/explain"]["post"] = explain_operation();
    all["/api/v1/sensors/{equipment_id}/latest"]["get"] = latest_operation(facts.answers_queries);
    all["/api/v1/plugins"]["get"] =
        get_operation("plugins", "service", "The plugins that are loaded, and what they found",
                      {{"200", answer("Validators and sinks", "Plugins")}});
    if (facts.tells_metrics) all["/metrics"]["get"] = metrics_operation();
    all["/"]["get"] = get_operation("root", "service", "What runs here",
                                    {{"200", {{"description", "Names and paths"}}}});
    all["/health"]["get"] = get_operation("health", "service", "Liveness",
                                          {{"200", answer("The process works", "Health")},
                                           {"503", answer("The spool has failed", "Health")}});
    all["/health/ready"]["get"] =
        get_operation("ready", "service", "Readiness",
                      {{"200", answer("Takes traffic", "Readiness")},
                       {"503", answer("Takes none", "Readiness")}});
    return all;
}

}  // namespace

ordered_json constraints_of(const std::vector<DocumentedValidator>& validators) {
    ordered_json out = ordered_json::object();
    for (const DocumentedValidator& validator : validators) {
        collect(validator.manifest->options, validator.options, "", out);
    }
    return out;
}

std::string openapi_document(const ApiFacts& facts, const model::Schema& schema) {
    ordered_json document;
    document["openapi"] = "3.1.0";
    document["info"] = {
        {"title", facts.service},
        {"version", facts.version},
        {"description", "Takes sensor readings, checks them, makes them durable and delivers them. "
                        "A body may hold up to " +
                            std::to_string(facts.body_bytes_max) + " bytes, a text up to " +
                            std::to_string(facts.text_bytes_max) + "."}};
    document["paths"] = paths(facts);
    document["components"]["schemas"] = schemas(facts, schema);
    add_examples(document["paths"], document["components"]["schemas"]["Reading"]);
    if (facts.asks_who) add_security(document, facts.takes_tokens);
    return document.dump(2);
}

}  // namespace ingest::app
