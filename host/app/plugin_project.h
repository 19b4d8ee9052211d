#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ingest::app {

// For which there are templates (plugin-api/templates).
inline constexpr std::array<std::string_view, 2> plugin_kinds{"validator", "sink"};
inline constexpr std::array<std::string_view, 3> plugin_languages{"cpp", "c", "rust"};

// What is written for a new plugin.
struct PluginProject {
    std::string name;                  // the plugin's id
    std::string kind;                  // one of plugin_kinds
    std::string language;              // one of plugin_languages
    std::filesystem::path host;        // the program that will serve it
    std::filesystem::path sdk;         // the directory of IngestPluginConfig.cmake; empty: unknown
};

// Whether the name will do: as a plugin's id, for CMake and for the language. The error says what
// would be right.
Result<void> check_project_name(std::string_view name, std::string_view language);

// The name in code: "FrozenSink", "frozen_sink" for the sink `frozen`. With the kind at its end it
// is no word of a language and no type of the SDK.
std::string class_name(std::string_view name, std::string_view kind);
std::string snake_name(std::string_view name, std::string_view kind);

// The file of the project that its author changes, from the project's directory.
std::string source_file(const PluginProject& project);

struct ProjectFile {
    std::filesystem::path path;  // from the project's directory
    std::string text;
};

// REQUIRES: the project's name is checked.
std::vector<ProjectFile> render_project(const PluginProject& project);

// All of the files, or none and an error. `dir` must not exist, its parent must.
Result<void> write_project(const std::filesystem::path& dir,
                           const std::vector<ProjectFile>& files);

}  // namespace ingest::app
