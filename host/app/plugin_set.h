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

// The libraries that this process opened, each once, by what they are and not by where they were.
// Main thread.
class PluginSet {
public:
    explicit PluginSet(std::vector<std::filesystem::path> dirs) : dirs_(std::move(dirs)) {}

    // From now on `dirs` count, and each file is looked at anew. What was opened before stays good.
    void look_anew(std::vector<std::filesystem::path> dirs);

    // Finds, verifies and opens `id`. One that is open with these very bytes is given again.
    // Between two calls of look_anew() an id is always the same library.
    Result<const plugin::Library*> open(std::string_view id, std::string_view sha256);

private:
    Result<const plugin::Library*> find_open(const std::filesystem::path& file,
                                             std::string_view id) const;

    std::vector<std::filesystem::path> dirs_;
    std::map<std::string, const plugin::Library*, std::less<>> named_;  // in this look
    std::vector<std::unique_ptr<plugin::Library>> open_;
};

}  // namespace ingest::app
