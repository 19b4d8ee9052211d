#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "app/config/diagnostics.h"
#include "app/config/interpolate.h"
#include "app/config/node.h"

namespace ingest::app::config {

// The bytes of a configuration file. Nothing is returned when an error was reported.
std::optional<std::string> read_file(const std::filesystem::path& path, Diagnostics& diagnostics);

// One YAML document as a tree, values interpolated (keys never). Duplicate keys, syntax errors and
// failed expressions are reported. What could be read is returned even then; nothing is returned
// when there is no document to go on with.
std::optional<Node> parse(std::string_view yaml, const Sources& sources,
                          Diagnostics& diagnostics);

}  // namespace ingest::app::config
