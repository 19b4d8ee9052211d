#include "app/plugin_set.h"

#include "plugin/file_check.h"
#include "plugin/private_copy.h"

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

void PluginSet::look_anew(std::vector<fs::path> dirs) {
    dirs_ = std::move(dirs);
    named_.clear();
}

// Null when there is none.
Result<const plugin::Library*> PluginSet::find_open(const fs::path& file,
                                                    std::string_view id) const {
    std::string digest;
    for (const auto& library : open_) {
        if (library->identity().id != id) continue;
        if (digest.empty()) {
            auto now = plugin::digest_of(file);
            if (!now) return now.error();
            digest = std::move(*now);
        }
        if (library->digest() == digest) return library.get();
    }
    return nullptr;
}

Result<const plugin::Library*> PluginSet::open(std::string_view id, std::string_view sha256) {
    const plugin::Library* library = nullptr;
    if (const auto named = named_.find(id); named != named_.end()) {
        library = named->second;
    } else {
        const auto file = plugin::find_plugin_file(dirs_, id);
        if (!file) return file.error();
        const auto found = find_open(*file, id);
        if (!found) return found.error();
        library = *found;
        if (library == nullptr) {
            auto loaded = plugin::Library::load(*file, id, sha256);
            if (!loaded) return loaded.error();
            library = open_.emplace_back(std::move(*loaded)).get();
        }
        named_.emplace(id, library);
    }
    // It may have been opened without this digest before: what runs must have it all the same.
    const auto same = plugin::match_digest(library->file(), library->digest(), sha256);
    if (!same) return same.error();
    return library;
}

}  // namespace ingest::app
