#include "plugin/manifest.h"

#include <algorithm>
#include <array>

namespace ingest::plugin {
namespace {

using nlohmann::json;

constexpr int option_depth_max = 16;

bool is_type(const json& value, json::value_t type) noexcept {
    if (type == json::value_t::number_float) return value.is_number();
    return value.type() == type;
}

// Members of an OPTION and the JSON type of each; `default` and `enum` are looked at apart.
struct Member {
    std::string_view name;
    json::value_t type;
};
constexpr std::array<Member, 9> option_members{{
    {"name", json::value_t::string},
    {"type", json::value_t::string},
    {"required", json::value_t::boolean},
    {"minimum", json::value_t::number_float},
    {"maximum", json::value_t::number_float},
    {"secret", json::value_t::boolean},
    {"description", json::value_t::string},
    {"column", json::value_t::string},
    {"constrains", json::value_t::string},
}};
constexpr std::array<std::string_view, 7> option_types{"string",  "integer", "number", "boolean",
                                                       "object",  "array",   "any"};

Result<void> check_options(const json& options, int depth);

Result<void> check_option(const json& option, int depth, bool needs_name) {
    if (depth > option_depth_max) return Error{"the options are nested too deeply"};
    if (!option.is_object()) return Error{"an option is not an object"};
    const std::string name = option.value("/name"_json_pointer, json("?")).dump();
    for (const Member& member : option_members) {
        const auto found = option.find(member.name);
        if (found != option.end() && !is_type(*found, member.type)) {
            return Error{"option " + name + ": '" + std::string(member.name) +
                         "' has the wrong type"};
        }
    }
    if (needs_name && !option.contains("name")) return Error{"an option has no name"};
    const auto type = option.find("type");
    if (type == option.end() || !std::ranges::count(option_types, type->get<std::string>())) {
        return Error{"option " + name + " has no known type"};
    }
    if (const auto nested = option.find("options"); nested != option.end()) {
        if (auto sound = check_options(*nested, depth + 1); !sound) return sound;
    }
    if (const auto items = option.find("items"); items != option.end()) {
        return check_option(*items, depth + 1, false);
    }
    return {};
}

Result<void> check_options(const json& options, int depth) {
    if (!options.is_array()) return Error{"'options' is not an array"};
    for (const json& option : options) {
        if (auto sound = check_option(option, depth, true); !sound) return sound;
    }
    return {};
}

std::vector<std::string> texts(const json& root, std::string_view name) {
    std::vector<std::string> result;
    const auto list = root.find(name);
    if (list == root.end() || !list->is_array()) return result;
    for (const json& item : *list)
        if (item.is_string()) result.push_back(item.get<std::string>());
    return result;
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text) {
    const json root = json::parse(text, nullptr, false);
    if (!root.is_object()) return Error{"the manifest is not a JSON object"};
    Manifest manifest;
    const auto kind = root.find("kind");
    if (kind != root.end() && *kind == "sink") {
        manifest.kind = Kind::sink;
    } else if (kind == root.end() || *kind != "validator") {
        return Error{R"(the manifest's kind is neither "validator" nor "sink")"};
    }
    if (const auto shared = root.find("shared_state"); shared != root.end()) {
        if (!shared->is_boolean()) return Error{"the manifest's shared_state is not a boolean"};
        manifest.shared_state = shared->get<bool>();
    }
    if (const auto options = root.find("options"); options != root.end()) {
        if (auto sound = check_options(*options, 0); !sound) {
            return Error{"the manifest is wrong: " + sound.error().message};
        }
        manifest.options = *options;
    }
    manifest.reads = texts(root, "reads");
    manifest.writes = texts(root, "writes");
    if (const auto issues = root.find("issues"); issues != root.end() && issues->is_array()) {
        for (const json& issue : *issues) {
            if (!issue.is_object() || !issue.contains("code")) continue;
            if (!issue["code"].is_string()) continue;
            const auto description = issue.find("description");
            const bool described = description != issue.end() && description->is_string();
            manifest.issues.push_back({issue["code"].get<std::string>(),
                                       described ? description->get<std::string>() : ""});
        }
    }
    return manifest;
}

}  // namespace ingest::plugin
