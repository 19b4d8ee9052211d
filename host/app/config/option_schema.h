#pragma once

#include <nlohmann/json.hpp>

namespace ingest::app::config {

// A JSON Schema of the options that a manifest declares, as they stand in the configuration file.
nlohmann::ordered_json options_schema(const nlohmann::json& manifest_options);

}  // namespace ingest::app::config
