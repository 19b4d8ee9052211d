#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/library.h"

namespace ingest::app {

// Where plugins are looked for: the configured directories, then, beside the directory of this
// executable, `plugins`, where a build has them, and `lib/ingest/plugins`, where an installation
// and the container have them.
std::vector<std::filesystem::path> plugin_dirs(
    const std::vector<std::filesystem::path>& configured);

// The libraries that this process opened, each once. Main thread.
class PluginSet {
public:
    explicit PluginSet(std::vector<std::filesystem::path> dirs) : dirs_(std::move(dirs)) {}

    // Finds, verifies and opens `id`, or gives the one that is open.
    Result<const plugin::Library*> open(std::string_view id, std::string_view sha256);

private:
    std::vector<std::filesystem::path> dirs_;
    std::map<std::string, std::unique_ptr<plugin::Library>, std::less<>> open_;
};

}  // namespace ingest::app
