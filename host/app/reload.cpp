#include "app/reload.h"

#include <chrono>
#include <utility>

#include "app/keys.h"
#include "base/log.h"

namespace ingest::app {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t milliseconds_since(Clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
}

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

// The file as an edition that could take the place of what serves, if there are no diagnostics.
std::unique_ptr<Edition> read(config::Loaded& loaded, PluginSet& plugins,
                              const Assembly& assembly) {
    auto edition = std::make_unique<Edition>();
    // A value that could not be read has its default, which says nothing about a change.
    const bool sound = loaded.diagnostics.empty();
    edition->config = std::move(loaded.config);
    if (sound) {
        refuse_restarts(assembly.edition().config, edition->config, loaded.document,
                        assembly.socket_passed(), loaded.diagnostics);
    }
    plugins.look_anew(plugin_dirs(edition->config.plugin_dirs));
    edition->plan = make_plan(edition->config, plugins, loaded.diagnostics);
    return edition;
}

Reloaded refused(const config::Diagnostics& diagnostics, Clock::time_point begin) {
    for (const std::string& line : diagnostics.lines()) log::error("config", line);
    log::error("app", "not reloaded: the configuration is wrong; what served goes on",
               {{"file", diagnostics.file()},
                {"errors", diagnostics.errors().size()},
                {"duration_ms", milliseconds_since(begin)}});
    return {2, diagnostics.text() + "not reloaded: what served goes on\n"};
}

Reloaded failed(const std::string& file, const Error& error, Clock::time_point begin) {
    log::error("app", "not reloaded; what served goes on",
               {{"file", file},
                {"reason", error.message},
                {"duration_ms", milliseconds_since(begin)}});
    return {1, file + ": not reloaded, what served goes on: " + error.message + "\n"};
}

Reloaded done(const std::string& file, const Difference& difference, Clock::time_point begin) {
    const std::string added = listed(difference.added);
    const std::string removed = listed(difference.removed);
    const std::string changed = listed(difference.changed);
    const std::string kept = listed(difference.kept);
    const std::int64_t milliseconds = milliseconds_since(begin);
    log::info("app", difference.empty() ? "reloaded; nothing is different" : "reloaded",
              {{"file", file},
               {"added", added},
               {"removed", removed},
               {"changed", changed},
               {"kept", kept},
               {"duration_ms", milliseconds}});
    std::string text = file + ": reloaded in " + std::to_string(milliseconds) + " ms";
    text += difference.empty() ? "; nothing is different\n" : "\n";
    if (!added.empty()) text += "  added: " + added + '\n';
    if (!removed.empty()) text += "  removed: " + removed + '\n';
    if (!changed.empty()) text += "  changed: " + changed + '\n';
    if (!kept.empty()) text += "  kept: " + kept + '\n';
    return {0, text};
}

Reloaded reload_once(const std::filesystem::path& file, PluginSet& plugins, Assembly& assembly) {
    const auto begin = Clock::now();
    config::Loaded loaded = config::load(file);
    auto edition = read(loaded, plugins, assembly);
    if (!loaded.diagnostics.empty()) return refused(loaded.diagnostics, begin);
    const log::Level level = edition->config.log.level;
    const auto changed = assembly.change(std::move(edition), loaded.diagnostics);
    if (!loaded.diagnostics.empty()) return refused(loaded.diagnostics, begin);
    if (!changed) return failed(file.string(), changed.error(), begin);
    log::set_level(level);
    return done(file.string(), *changed, begin);
}

}  // namespace

Reloaded reload(const std::filesystem::path& file, PluginSet& plugins, Assembly& assembly) {
    Reloaded reloaded = reload_once(file, plugins, assembly);
    assembly.reloads().count(reloaded.status);
    return reloaded;
}

}  // namespace ingest::app
