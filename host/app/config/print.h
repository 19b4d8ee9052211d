#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/config/setting.h"

namespace ingest::app::config {

// The masked options of a plugin's use, which is known by its path ("sinks[0]"). Adds the paths of
// what is masked.
using OptionsOf = std::function<nlohmann::json(std::string_view path,
                                               std::vector<std::string>& masked)>;

// A configuration with all its defaults, as a file that load() takes, secrets masked and their
// paths told in a comment. Paths that begin at the directory of the file, which is `base`, become
// absolute, so that what is printed means the same wherever it is put.
std::string to_yaml(const Setting& settings, const std::filesystem::path& base,
                    const OptionsOf& options_of);

}  // namespace ingest::app::config
