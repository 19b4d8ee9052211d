#include "app/config/schema.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "app/config/descriptions.h"
#include "app/config/option_schema.h"
#include "app/config/scalar.h"
#include "app/config/scalar_schema.h"

namespace ingest::app::config {
namespace {

using nlohmann::ordered_json;
using Kind = Setting::Kind;

// A text may look like a number or a boolean.
ordered_json text_schema(const TextRule& rule) {
    if (rule.pattern.empty()) return {{"type", {"string", "number", "boolean"}}};
    return {{"anyOf",
             {matching(rule.pattern), {{"type", {"number", "boolean"}}}, expression_schema()}}};
}

ordered_json number_schema(const Setting& setting, std::string_view quoted) {
    return {{"anyOf",
             {{{"type", "integer"}, {"minimum", setting.min}, {"maximum", setting.max}},
              matching(quoted),
              expression_schema()}}};
}

ordered_json word_schema(const Setting& setting) {
    return {{"anyOf",
             {{{"enum", setting.words}},
              matching(any_case_of(setting.words)),
              expression_schema()}}};
}

ordered_json texts_schema(const Setting& setting) {
    ordered_json list = {{"type", "array"},
                         {"items", {{"type", {"string", "number", "boolean"}}, {"minLength", 1}}}};
    if (!setting.takes_commas) return list;
    return {{"anyOf", {list, {{"type", {"string", "null"}}}}}};
}

std::string range_of(const Setting& setting) {
    if (setting.kind == Kind::duration) {
        return to_text(std::chrono::milliseconds(setting.min)) + ".." +
               to_text(std::chrono::milliseconds(setting.max));
    }
    return size_to_text(static_cast<std::uint64_t>(setting.min)) + ".." +
           size_to_text(static_cast<std::uint64_t>(setting.max));
}

ordered_json default_of(const Setting& setting) {
    static const ordered_json none;
    if (setting.required || !setting.is_fixed) return none;
    if (setting.kind == Kind::texts) return setting.values;
    if (setting.values.empty() || setting.values.front().empty()) return none;
    if (setting.kind == Kind::boolean) return setting.values.front() == "true";
    if (setting.kind == Kind::integer) return parse_integer(setting.values.front()).value_or(0);
    return setting.values.front();
}

class Schema {
public:
    explicit Schema(const ordered_json& plugins) : plugins_(plugins) {}

    ordered_json of(const Setting& setting, const std::string& path) const {
        ordered_json schema = annotations(setting, path);
        schema.update(value(setting, path));
        return schema;
    }

    ordered_json section(const Setting& setting, const std::string& path) const {
        ordered_json properties = ordered_json::object();
        ordered_json required = ordered_json::array();
        ordered_json schema = {{"type", {"object", "null"}}};
        for (const Setting& member : setting.members) {
            ordered_json inner = of(member, path.empty() ? member.key : path + "." + member.key);
            if (member.key == "*") {
                schema["patternProperties"] = {{whole(member.rule.pattern), std::move(inner)}};
            } else {
                properties[member.key] = std::move(inner);
            }
            if (member.required) required.push_back(member.key);
        }
        if (!properties.empty()) schema["properties"] = std::move(properties);
        if (!required.empty()) schema["required"] = std::move(required);
        schema["additionalProperties"] = false;
        if (setting.required || path.empty() || path.ends_with("]") || path.ends_with("*"))
            schema["type"] = "object";
        if (setting.max > 0) {
            schema["minProperties"] = setting.min;
            schema["maxProperties"] = setting.max;
        }
        add_plugins(schema, path);
        return schema;
    }

private:
    static ordered_json annotations(const Setting& setting, const std::string& path) {
        const Description description = description_of(path);
        std::string text(description.text);
        if (setting.kind == Kind::duration || setting.kind == Kind::size)
            text += " Range: " + range_of(setting) + ".";
        if (!description.environment.empty())
            text += " Environment: " + std::string(description.environment) + ".";
        ordered_json out = ordered_json::object();
        if (!text.empty()) out["description"] = text;
        const ordered_json initial = default_of(setting);
        if (!initial.is_null()) out["default"] = initial;
        return out;
    }

    ordered_json value(const Setting& setting, const std::string& path) const {
        switch (setting.kind) {
            case Kind::boolean: return boolean_schema();
            case Kind::integer: return number_schema(setting, "[+-]?[0-9]+");
            case Kind::size: return number_schema(setting, "[0-9]+ ?(?:B|KiB|MiB|GiB|TiB)?");
            case Kind::duration:
                return {{"anyOf", {matching("[0-9]+ ?(?:ms|s|m|h)"), expression_schema()}}};
            case Kind::word: return word_schema(setting);
            case Kind::text: return text_schema(setting.rule);
            case Kind::texts: return texts_schema(setting);
            case Kind::options: return {{"type", {"object", "null"}}};
            case Kind::section: return section(setting, path);
            case Kind::list: break;
        }
        ordered_json schema = {{"type", {"array", "null"}},
                               {"items", of(setting.members.front(), path + "[]")}};
        if (setting.min > 0) {
            schema["type"] = "array";
            schema["minItems"] = setting.min;
        }
        return schema;
    }

    // What is known of the options when the name of the plugin is.
    void add_plugins(ordered_json& schema, std::string_view path) const {
        const std::string_view kind = path == "validators[]" ? "validator"
                                      : path == "sinks[]"    ? "sink"
                                                             : "";
        ordered_json names = ordered_json::array();
        for (const ordered_json& plugin : plugins_) {
            if (plugin.at("kind") != kind) continue;
            ordered_json options = options_schema(nlohmann::json(plugin.at("options")));
            ordered_json then = {{"properties", {{"options", options}}}};
            if (options.contains("required")) then["required"] = ordered_json::array({"options"});
            const ordered_json& id = plugin.at("id");
            ordered_json condition = {{"properties", {{"plugin", {{"const", id}}}}},
                                      {"required", ordered_json::array({"plugin"})}};
            schema["allOf"].push_back({{"if", std::move(condition)}, {"then", std::move(then)}});
            names.push_back(id);
        }
        if (names.empty()) return;
        ordered_json& any_of = schema["properties"]["plugin"]["anyOf"];
        any_of.insert(any_of.begin(), ordered_json{{"enum", std::move(names)}});
    }

    const ordered_json& plugins_;
};

}  // namespace

ordered_json to_schema(const Setting& outline, const ordered_json& plugins) {
    ordered_json schema = {
        {"$schema", "https://json-schema.org/draft/2020-12/schema"},
        {"title", "Configuration of ingest-host"},
        {"description",
         "Values may be expressions: ${VAR}, ${VAR:-default}, ${VAR:?message}, ${file:PATH}; $$ is "
         "a dollar sign. `ingest-host check` knows more than this schema."}};
    schema.update(Schema(plugins).section(outline, ""));
    return schema;
}

}  // namespace ingest::app::config
