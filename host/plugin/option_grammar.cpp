#include "plugin/option_grammar.h"

#include <algorithm>
#include <array>
#include <set>

namespace ingest::plugin {
namespace {

using nlohmann::json;
using Type = json::value_t;

constexpr int option_depth_max = 16;

constexpr std::array option_members = std::to_array<Member>({
    {"name", Type::string},
    {"type", Type::string},
    {"required", Type::boolean},
    {"default", Type::discarded},
    {"minimum", Type::number_float},
    {"maximum", Type::number_float},
    {"enum", Type::array},
    {"secret", Type::boolean},
    {"description", Type::string},
    {"options", Type::array},
    {"items", Type::object},
    {"column", Type::string},
    {"constrains", Type::string},
});
constexpr std::array<std::string_view, 7> option_types{"string",  "integer", "number", "boolean",
                                                       "object",  "array",   "any"};

bool is_type(const json& value, Type type) noexcept {
    if (type == Type::discarded) return true;
    if (type == Type::number_float) return value.is_number();
    return value.type() == type;
}

bool is_option_type(const json& value, std::string_view type) noexcept {
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    return true;
}

std::string described(const json& option) {
    const auto name = option.is_object() ? option.find("name") : option.end();
    const bool named = name != option.end() && name->is_string();
    // dump() escapes what is no text for a line; it would throw for bytes that are no UTF-8, which
    // a parsed document has not got.
    return named ? "option " + name->dump() : "an option without a name";
}

// Why `value` could not be configured for the option; empty when it could.
std::string misfit(const json& value, const json& option) {
    const std::string type = option["type"].get<std::string>();
    if (!is_option_type(value, type)) return value.dump() + " is not of the type " + type;
    const auto least = option.find("minimum");
    if (value.is_number() && least != option.end() && value < *least) {
        return value.dump() + " is below minimum";
    }
    const auto most = option.find("maximum");
    if (value.is_number() && most != option.end() && value > *most) {
        return value.dump() + " is above maximum";
    }
    return {};
}

Result<void> check_values(const json& option, const std::string& what) {
    const auto least = option.find("minimum");
    const auto most = option.find("maximum");
    if (least != option.end() && most != option.end() && *least > *most) {
        return Error{what + ": minimum is above maximum"};
    }
    const auto allowed = option.find("enum");
    if (allowed != option.end()) {
        if (allowed->empty()) return Error{what + ": enum is empty"};
        for (const json& value : *allowed) {
            const std::string wrong = misfit(value, option);
            if (!wrong.empty()) return Error{what + ": in enum, " + wrong};
        }
    }
    const auto value = option.find("default");
    if (value == option.end()) return {};
    const std::string wrong = misfit(*value, option);
    if (!wrong.empty()) return Error{what + ": the default " + wrong};
    if (allowed != option.end() && !std::ranges::count(*allowed, *value)) {
        return Error{what + ": the default " + value->dump() + " is not in enum"};
    }
    return {};
}

Result<void> check_options_at(const json& options, int depth);

Result<void> check_option(const json& option, int depth) {
    if (depth > option_depth_max) return Error{"the options are nested too deeply"};
    const std::string what = described(option);
    if (auto sound = check_members(option, option_members, what); !sound) return sound;
    const auto type = option.find("type");
    if (type == option.end() || !std::ranges::count(option_types, type->get<std::string>())) {
        return Error{what + " has no known type"};
    }
    if (auto sound = check_values(option, what); !sound) return sound;
    if (const auto nested = option.find("options"); nested != option.end()) {
        if (auto sound = check_options_at(*nested, depth + 1); !sound) return sound;
    }
    if (const auto items = option.find("items"); items != option.end()) {
        return check_option(*items, depth + 1);
    }
    return {};
}

Result<void> check_options_at(const json& options, int depth) {
    std::set<std::string> names;
    for (const json& option : options) {
        if (auto sound = check_option(option, depth); !sound) return sound;
        const std::string name = option.value("name", "");
        if (name.empty()) return Error{"an option has no name"};
        if (!names.insert(name).second) return Error{described(option) + " is there twice"};
    }
    return {};
}

}  // namespace

Result<void> check_members(const json& object, std::span<const Member> members,
                           const std::string& what) {
    if (!object.is_object()) return Error{what + " is not an object"};
    for (const auto& [name, value] : object.items()) {
        const auto known = std::ranges::find(members, name, &Member::name);
        const std::string quoted = json(name).dump();
        if (known == members.end()) return Error{what + " has the unknown member " + quoted};
        if (!is_type(value, known->type)) {
            return Error{what + ": " + quoted + " has the wrong type, " + value.type_name()};
        }
    }
    return {};
}

Result<void> check_options(const json& options) { return check_options_at(options, 0); }

}  // namespace ingest::plugin
