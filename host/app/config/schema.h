#pragma once

#include <nlohmann/json.hpp>

#include "app/config/setting.h"

namespace ingest::app::config {

// A JSON Schema (draft 2020-12) of the configuration file, for editors. It refuses nothing that the
// host takes, and knows nothing of what settings ask of each other. `outline` is outline();
// `plugins` are described as describe_apart() does: their options are told too.
nlohmann::ordered_json to_schema(const Setting& outline, const nlohmann::ordered_json& plugins);

}  // namespace ingest::app::config
