#pragma once

#include <filesystem>
#include <string>

#include "app/assembly.h"
#include "app/plugin_set.h"

namespace ingest::app {

// What came of a reload.
struct Reloaded {
    int status = 0;  // as an exit status: 0 done, 1 it failed, 2 the configuration is wrong
    std::string text;  // for people: lines, each with its end
};

// Reads `file` anew, checks it, builds what it asks for beside what serves, and has `assembly`
// serve it. On any error what serves goes on. The outcome is logged, and returned. Main thread.
Reloaded reload(const std::filesystem::path& file, PluginSet& plugins, Assembly& assembly);

}  // namespace ingest::app
