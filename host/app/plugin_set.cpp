#include "app/plugin_set.h"

#include "plugin/file_check.h"

namespace ingest::app {

namespace fs = std::filesystem;

std::vector<fs::path> plugin_dirs(const std::vector<fs::path>& configured) {
    std::vector<fs::path> dirs = configured;
    std::error_code failed;
    const fs::path executable = fs::read_symlink("/proc/self/exe", failed);
    if (failed) return dirs;
    const fs::path prefix = executable.parent_path().parent_path();
    dirs.push_back(prefix / "plugins");             // a build
    dirs.push_back(prefix / "lib/ingest/plugins");  // an installation
    return dirs;
}

Result<const plugin::Library*> PluginSet::open(std::string_view id, std::string_view sha256) {
    if (const auto found = open_.find(id); found != open_.end()) {
        // Opened without this digest before, maybe: what runs must have it all the same.
        const plugin::Library& library = *found->second;
        const auto same = plugin::match_digest(library.file(), library.digest(), sha256);
        if (!same) return same.error();
        return &library;
    }
    const auto file = plugin::find_plugin_file(dirs_, id);
    if (!file) return file.error();
    auto library = plugin::Library::load(*file, id, sha256);
    if (!library) return library.error();
    return open_.emplace(id, std::move(*library)).first->second.get();
}

}  // namespace ingest::app
