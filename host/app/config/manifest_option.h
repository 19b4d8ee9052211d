#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

// What a manifest declares of its plugin's options; grammar: <ingest/plugin/entry.h>.
namespace ingest::app::config {

// A member of a manifest's option; null when it is not there, whatever `option` is.
inline const nlohmann::json& member(const nlohmann::json& option, const char* name) {
    static const nlohmann::json none;
    if (!option.is_object()) return none;
    const auto found = option.find(name);
    return found == option.end() ? none : *found;
}

inline std::string text_of(const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>() : std::string();
}

inline bool is_true(const nlohmann::json& value) {
    return value.is_boolean() && value.get<bool>();
}

// The option of this name, or the one named "*", or nullptr.
inline const nlohmann::json* find_option(const nlohmann::json& declared, std::string_view name) {
    const nlohmann::json* any = nullptr;
    for (const nlohmann::json& option : declared) {
        const std::string option_name = text_of(member(option, "name"));
        if (option_name == name) return &option;
        if (option_name == "*") any = &option;
    }
    return any;
}

}  // namespace ingest::app::config
