#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ingest::app {

// Loads a plugin in a child process, because its code runs then and may crash, hang or change the
// process, and gives what it says of itself:
//   { "id", "version", "kind", "description", "abi", "file", "sha256", "shared_state",
//     "answers_queries", "reads", "writes", "options", "issues" }
// with the manifest's members as <ingest/plugin/entry.h> has them. The error says why it cannot be
// used. What it prints goes to stderr.
//
// REQUIRES: the process has one thread, as the child goes on from a fork.
Result<nlohmann::ordered_json> describe_apart(const std::filesystem::path& file,
                                              const std::string& id,
                                              std::chrono::milliseconds patience);

}  // namespace ingest::app
