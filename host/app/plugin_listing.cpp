#include "app/plugin_listing.h"

#include <iostream>

#include <ingest/plugin/status.h>

#include "app/config/config.h"
#include "app/describe_apart.h"
#include "app/plugin_set.h"
#include "plugin/private_copy.h"

namespace ingest::app {
namespace {

using nlohmann::ordered_json;

// For a plugin to be loaded and say what it is, which should take milliseconds.
constexpr std::chrono::seconds patience{10};

}  // namespace

std::optional<std::vector<std::filesystem::path>> dirs_to_search(const Arguments& arguments) {
    std::vector<std::filesystem::path> dirs = arguments.dirs;
    if (!arguments.config.empty()) {
        const config::Loaded loaded = config::load(arguments.config);
        if (!loaded.diagnostics.empty()) {
            std::cerr << loaded.diagnostics.text();
            return std::nullopt;
        }
        dirs.insert(dirs.end(), loaded.config.plugin_dirs.begin(), loaded.config.plugin_dirs.end());
    }
    for (const std::filesystem::path& of_program : plugin_dirs({})) {
        // Only one of them is there: which one depends on how the program came to be here.
        std::error_code ignored;
        if (std::filesystem::exists(of_program, ignored)) dirs.push_back(of_program);
    }
    return dirs;
}

ordered_json listing_of(const PluginSearch& search) {
    ordered_json listing = {{"abi", "1." + std::to_string(INGEST_ABI_MINOR)},
                            {"directories", ordered_json::array()},
                            {"plugins", ordered_json::array()},
                            {"refused", ordered_json::array()},
                            {"shadowed", ordered_json::array()},
                            {"others", ordered_json::array()}};
    const auto or_null = [](const std::string& text) {
        return text.empty() ? ordered_json(nullptr) : ordered_json(text);
    };
    for (const PluginSearch::Directory& directory : search.directories) {
        listing["directories"].push_back(
            {{"path", directory.path.string()}, {"error", or_null(directory.trouble)}});
    }
    for (const PluginSearch::File& file : search.files) {
        auto described = describe_apart(file.path, file.id, patience);
        if (described) {
            listing["plugins"].push_back(std::move(*described));
            continue;
        }
        const auto digest = plugin::digest_of(file.path);
        listing["refused"].push_back({{"id", file.id},
                                      {"file", file.path.string()},
                                      {"sha256", or_null(digest ? *digest : "")},
                                      {"reason", described.error().message}});
    }
    for (const auto& [file, by] : search.shadowed) {
        listing["shadowed"].push_back(
            {{"id", file.id}, {"file", file.path.string()}, {"by", by.string()}});
    }
    for (const PluginSearch::Other& other : search.others) {
        listing["others"].push_back({{"file", other.path.string()}, {"reason", other.reason}});
    }
    return listing;
}

}  // namespace ingest::app
