#include "app/config/option_schema.h"

#include <string>
#include <string_view>

#include "app/config/manifest_option.h"
#include "app/config/scalar_schema.h"

namespace ingest::app::config {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json option_schema(const json& option);

void add_bounds(ordered_json& schema, const json& option) {
    for (const char* bound : {"minimum", "maximum"}) {
        if (!member(option, bound).is_null()) schema[bound] = member(option, bound);
    }
}

ordered_json words_schema(const std::string& type, const json& words) {
    ordered_json any_of = {{{"enum", words}}};
    if (type == "string") {
        // A text may look like a number or a boolean.
        any_of.push_back({{"type", {"number", "boolean"}}});
    } else {
        ordered_json quoted = ordered_json::array();
        for (const json& word : words) quoted.push_back(word.dump());
        any_of.push_back({{"enum", std::move(quoted)}});
    }
    any_of.push_back(expression_schema());
    return {{"anyOf", std::move(any_of)}};
}

ordered_json scalar_schema(const std::string& type, const json& option) {
    static constexpr std::string_view integer = "[+-]?[0-9]+";
    static constexpr std::string_view number =
        "[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?";
    const json& words = member(option, "enum");
    if (words.is_array()) return words_schema(type, words);
    if (type == "string") return {{"type", {"string", "number", "boolean"}}};
    if (type == "boolean") return boolean_schema();
    ordered_json plain = {{"type", type}};
    add_bounds(plain, option);
    return {{"anyOf",
             {plain, matching(type == "integer" ? integer : number), expression_schema()}}};
}

ordered_json type_schema(const json& option) {
    const std::string type = text_of(member(option, "type"));
    if (type == "object") {
        const json& declared = member(option, "options");
        if (declared.is_array()) return options_schema(declared);
        return {{"type", {"object", "null"}}};
    }
    if (type == "array") {
        ordered_json schema = {{"type", {"array", "null"}}};
        if (!member(option, "items").is_null())
            schema["items"] = option_schema(member(option, "items"));
        return schema;
    }
    if (type != "any") return scalar_schema(type, option);
    // Bounds count for numbers alone, and a value from an expression may be one of the words.
    ordered_json schema = ordered_json::object();
    add_bounds(schema, option);
    if (!member(option, "enum").is_array()) return schema;
    schema["anyOf"] = words_schema("any", member(option, "enum")).at("anyOf");
    return schema;
}

ordered_json option_schema(const json& option) {
    ordered_json schema = ordered_json::object();
    std::string description = text_of(member(option, "description"));
    const bool secret = is_true(member(option, "secret"));
    if (secret && !description.empty()) description += description.ends_with('.') ? " " : ". ";
    if (secret) description += "Secret.";
    if (!description.empty()) schema["description"] = description;
    if (!member(option, "default").is_null()) schema["default"] = member(option, "default");
    if (secret) schema["writeOnly"] = true;
    schema.update(type_schema(option));
    return schema;
}

}  // namespace

ordered_json options_schema(const json& manifest_options) {
    ordered_json schema = {{"type", {"object", "null"}},
                           {"properties", ordered_json::object()},
                           {"additionalProperties", false}};
    ordered_json required = ordered_json::array();
    for (const json& option : manifest_options) {
        const std::string name = text_of(member(option, "name"));
        if (name == "*") {
            schema["additionalProperties"] = option_schema(option);
            continue;
        }
        schema["properties"][name] = option_schema(option);
        if (is_true(member(option, "required")) && member(option, "default").is_null())
            required.push_back(name);
    }
    if (required.empty()) return schema;
    schema["type"] = "object";
    schema["required"] = std::move(required);
    return schema;
}

}  // namespace ingest::app::config
