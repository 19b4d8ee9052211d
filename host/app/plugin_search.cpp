#include "app/plugin_search.h"

#include <algorithm>
#include <map>
#include <set>

#include "plugin/file_check.h"

namespace ingest::app {
namespace {

namespace fs = std::filesystem;

// Why a directory's entry is no plugin's file; empty: it may be one.
std::string fault_of(const fs::directory_entry& entry) {
    std::error_code failed;
    if (entry.is_directory(failed)) return "a directory; plugins are not looked for below it";
    if (entry.path().extension() != ".so") return "its name does not end in .so";
    if (!plugin::is_plugin_id(entry.path().stem().native())) {
        return "no plugin has such a name; use lower-case letters, digits and '-' before .so";
    }
    return {};
}

// The paths in `dir`, sorted; `trouble` says why there are none.
std::vector<fs::directory_entry> read(const fs::path& dir, std::string& trouble) {
    std::vector<fs::directory_entry> entries;
    std::error_code failed;
    for (fs::directory_iterator at(dir, failed), end; !failed && at != end; at.increment(failed)) {
        entries.push_back(*at);
    }
    if (failed) trouble = failed.message();
    std::ranges::sort(entries);
    return entries;
}

}  // namespace

PluginSearch search_plugins(std::span<const fs::path> dirs) {
    PluginSearch search;
    std::set<fs::path> seen;
    std::map<std::string, fs::path> first;
    for (const fs::path& dir : dirs) {
        std::error_code failed;
        const fs::path canonical = fs::canonical(dir, failed);
        if (!seen.insert(failed ? dir : canonical).second) continue;
        PluginSearch::Directory& directory = search.directories.emplace_back();
        directory.path = dir;
        for (const fs::directory_entry& entry : read(dir, directory.trouble)) {
            if (std::string fault = fault_of(entry); !fault.empty()) {
                search.others.push_back({entry.path(), std::move(fault)});
                continue;
            }
            const std::string id = entry.path().stem();
            const auto [found, is_first] = first.emplace(id, entry.path());
            if (!is_first) search.shadowed.push_back({{id, entry.path()}, found->second});
        }
    }
    for (const auto& [id, path] : first) search.files.push_back({id, path});
    return search;
}

}  // namespace ingest::app
