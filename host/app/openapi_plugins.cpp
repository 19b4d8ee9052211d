#include "app/openapi_parts.h"

namespace ingest::app::openapi {
namespace {

ordered_json described(ordered_json schema, const char* description) {
    schema["description"] = description;
    return schema;
}

ordered_json one_of(std::initializer_list<const char*> words) {
    ordered_json schema;
    for (const char* word : words) schema["enum"].push_back(word);
    return schema;
}

ordered_json object_of(const ordered_json& properties) {
    return {{"type", "object"}, {"properties", properties}};
}

ordered_json text_or_null(const char* description) {
    return {{"type", {"string", "null"}}, {"description", description}};
}

// Of validators and sinks.
ordered_json loaded_properties() {
    ordered_json properties;
    properties["name"] = described(text(), "Of the entry of the configuration");
    properties["plugin"] = described(text(), "The plugin's id");
    properties["version"] = text();
    properties["kind"] = one_of({"validator", "sink"});
    properties["description"] = text();
    properties["abi"] = described(text(), "Version of the plugin ABI that it was built with");
    properties["file"] =
        described(text(), "Its path for clients on the same machine, else its name only");
    properties["sha256"] = described(text(), "Of the bytes that run");
    properties["options_set"] =
        described(array_of(text()), "Names of the options that are set; values are never shown");
    return properties;
}

ordered_json issue_count() {
    ordered_json properties;
    properties["code"] = text_or_null("null: codes that the plugin's manifest does not list");
    properties["description"] = text();
    properties["rejections"] = integer();
    properties["warnings"] = integer();
    return object_of(properties);
}

ordered_json loaded_validator() {
    ordered_json properties = loaded_properties();
    properties["instances"] = integer();
    properties["shared_state"] = {{"type", "boolean"}};
    properties["on_error"] = one_of({"refuse", "pass"});
    ordered_json counts;
    counts["rejections"] = described(integer(), "Findings that refuse a reading");
    counts["warnings"] = integer();
    counts["failures"] = described(integer(), "Calls in which the validator itself failed");
    counts["misbehaviours"] = integer();
    properties["counts"] = object_of(counts);
    properties["issues"] = array_of(issue_count());
    return object_of(properties);
}

ordered_json loaded_sink() {
    ordered_json properties = loaded_properties();
    properties["workers"] = integer();
    properties["ready"] = one_of({"optional", "required"});
    properties["answers_queries"] = {{"type", "boolean"}};
    return object_of(properties);
}

ordered_json explained_validator() {
    ordered_json issue = {{"severity", one_of({"warn", "reject"})},
                          {"message", text()},
                          {"field", {{"type", {"string", "null"}}}},
                          {"code", text()}};
    ordered_json change;
    change["field"] = text();
    change["before"] = described(ordered_json::object(), "The value that it had, of any type");
    change["after"] = ordered_json::object();
    ordered_json properties;
    properties["name"] = text();
    properties["plugin"] = text();
    properties["verdict"] = described(
        one_of({"passed", "warned", "rejected", "failed", "not_asked"}),
        "failed: a bug of the validator, on_error decides. not_asked: an earlier one failed, or "
        "there was no object to look at");
    properties["on_error"] = one_of({"refuse", "pass"});
    properties["issues"] = array_of(object_of(issue));
    properties["changes"] = array_of(object_of(change));
    properties["nanoseconds"] = integer();
    properties["misbehaviours"] = integer();
    properties["reason"] = text_or_null("Why it failed; for clients on the same machine only");
    return object_of(properties);
}

ordered_json explanation() {
    ordered_json decode;
    decode["nanoseconds"] = integer();
    decode["findings"] = described(array_of(ref("Finding")), "Members that could not be read");
    ordered_json properties;
    properties["outcome"] = one_of({"accepted", "refused", "failed"});
    properties["status_code"] =
        described(integer(), "What the same body would be answered if it were sent to be kept");
    properties["detail"] = text_or_null("Of what failed");
    properties["decode"] = object_of(decode);
    properties["validators"] = array_of(explained_validator());
    properties["reading"] = {{"oneOf", {ref("StoredReading"), {{"type", "null"}}}},
                             {"description", "What would be stored; null if nothing"}};
    return object_of(properties);
}

}  // namespace

void add_plugin_schemas(ordered_json& schemas) {
    ordered_json plugins;
    plugins["validators"] =
        described(array_of(loaded_validator()), "In the order in which they see a reading");
    plugins["sinks"] = array_of(loaded_sink());
    schemas["Plugins"] = object_of(plugins);
    schemas["Explanation"] = explanation();
}

}  // namespace ingest::app::openapi
