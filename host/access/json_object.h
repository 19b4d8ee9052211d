#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ingest::access {

// A JSON object whose members, and those of all objects in it, have different names, nested at
// most 8 deep. Else nothing: two readers may take different ones of two equal names.
std::optional<nlohmann::json> parse_object(std::string_view text);

// A member that is a text; null: it is missing or is none.
const std::string* text_member(const nlohmann::json& object, const char* name);

}  // namespace ingest::access
