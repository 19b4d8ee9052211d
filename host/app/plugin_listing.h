#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/arguments.h"
#include "app/plugin_search.h"

namespace ingest::app {

// Where a command looks for plugins: its --dir, what its --config names, and where this program has
// its own. Nothing: the configuration is wrong, which was said on stderr.
std::optional<std::vector<std::filesystem::path>> dirs_to_search(const Arguments& arguments);

// What is there, each plugin described by a process of its own, and why what cannot be used cannot:
//   { "abi", "directories": [ { "path", "error" } ], "plugins": [ as describe_apart() has them ],
//     "refused": [ { "id", "file", "sha256", "reason" } ], "shadowed", "others" }
//
// REQUIRES: the process has one thread.
nlohmann::ordered_json listing_of(const PluginSearch& search);

}  // namespace ingest::app
