#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/config/node.h"

// What takes the place of secrets where a configuration is shown.
namespace ingest::app::config {

inline constexpr std::string_view mask = "***";

// The text with the passwords of URLs masked, as user:PASSWORD@ and as parameters whose names end
// like password=, which is also how a connection string without a scheme has it.
std::string without_passwords(std::string_view text);

// Masks in a plugin's options, as options_to_json() made them of `node`, what the manifest declares
// secret, what came from ${file:...}, and passwords of URLs. Adds the paths of those to `masked`,
// each behind `path`.
void mask_options(nlohmann::json& options, const Node& node,
                  const nlohmann::json& manifest_options, const std::string& path,
                  std::vector<std::string>& masked);

}  // namespace ingest::app::config
