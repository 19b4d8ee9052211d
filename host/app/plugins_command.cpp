#include <iostream>

#include "app/commands.h"
#include "app/plugin_set.h"
#include "app/config/config.h"

namespace ingest::app {
namespace {

using nlohmann::json;

void print_option(const json& option, int depth) {
    const std::string indent(static_cast<std::size_t>(4 + 2 * depth), ' ');
    std::cout << indent << option.value("name", "-") << ": " << option["type"].get<std::string>();
    if (option.value("required", false)) std::cout << ", required";
    if (option.value("secret", false)) std::cout << ", secret";
    if (option.contains("default")) std::cout << ", default " << option["default"].dump();
    if (option.contains("minimum")) std::cout << ", at least " << option["minimum"].dump();
    if (option.contains("maximum")) std::cout << ", at most " << option["maximum"].dump();
    if (option.contains("enum")) std::cout << ", one of " << option["enum"].dump();
    const std::string description = option.value("description", "");
    if (!description.empty()) std::cout << "\n" << indent << "  " << description;
    std::cout << '\n';
    if (option.contains("items")) print_option(option["items"], depth + 1);
    if (option.contains("options")) {
        for (const json& nested : option["options"]) print_option(nested, depth + 1);
    }
}

void print_plugin(const plugin::Library& library) {
    const plugin::Identity& identity = library.identity();
    const plugin::Manifest& manifest = library.manifest();
    std::cout << identity.id << ' ' << identity.version
              << (manifest.kind == plugin::Kind::sink ? ", sink" : ", validator")
              << (library.query() ? " that answers queries" : "") << " (plugin ABI 1."
              << identity.built_minor << ")\n  " << library.file().string() << "\n  "
              << identity.description << '\n';
    if (!manifest.options.empty()) std::cout << "  options\n";
    for (const json& option : manifest.options) print_option(option, 0);
    if (!manifest.issues.empty()) std::cout << "  issue codes\n";
    for (const auto& issue : manifest.issues) {
        std::cout << "    " << issue.code << ": " << issue.description << '\n';
    }
}

}  // namespace

// Lists what is there, whether or not a configuration names it; files that cannot be used with the
// reason.
int run_plugins(const Arguments& arguments) {
    std::vector<std::filesystem::path> dirs = arguments.dirs;
    if (!arguments.config.empty()) {
        const config::Loaded loaded = config::load(arguments.config);
        if (!loaded.diagnostics.empty()) {
            std::cerr << loaded.diagnostics.text();
            return 2;
        }
        dirs.insert(dirs.end(), loaded.config.plugin_dirs.begin(), loaded.config.plugin_dirs.end());
    }
    PluginSet plugins(plugin_dirs(dirs));
    int status = 0;
    const auto files = plugins.files();
    for (const auto& [id, file] : files) {
        const auto library = plugins.open(id, "");
        if (library) {
            print_plugin(**library);
        } else {
            std::cout << id << ": cannot be used\n  " << library.error().message << '\n';
            status = 1;
        }
    }
    if (files.empty()) std::cout << "no plugins there; name a directory with --dir\n";
    return status;
}

}  // namespace ingest::app
