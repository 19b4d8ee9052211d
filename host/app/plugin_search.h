#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace ingest::app {

// What is in the directories where plugins are looked for, before anything is loaded.
struct PluginSearch {
    struct Directory {
        std::filesystem::path path;
        std::string trouble;  // why it was not read; empty: it was
    };
    struct File {
        std::string id;
        std::filesystem::path path;
    };
    struct Shadowed {
        File file;
        std::filesystem::path by;  // the file of that name that is found first
    };
    struct Other {
        std::filesystem::path path;
        std::string reason;
    };
    std::vector<Directory> directories;  // each once, in the order of the search
    std::vector<File> files;             // that would be loaded, by id
    std::vector<Shadowed> shadowed;
    std::vector<Other> others;  // that are no plugins
};

PluginSearch search_plugins(std::span<const std::filesystem::path> dirs);

}  // namespace ingest::app
