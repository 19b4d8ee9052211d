#include <algorithm>
#include <iostream>

#include "app/commands.h"
#include "app/plugin_listing.h"

namespace ingest::app {
namespace {

using nlohmann::ordered_json;

std::string text_of(const ordered_json& value) { return value.get<std::string>(); }

void print_option(const ordered_json& option, int depth) {
    const std::string indent(static_cast<std::size_t>(4 + 2 * depth), ' ');
    std::cout << indent << option.value("name", "-") << ": " << text_of(option["type"]);
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
        for (const ordered_json& nested : option["options"]) print_option(nested, depth + 1);
    }
}

void print_columns(const char* what, const ordered_json& columns) {
    if (columns.empty()) return;
    std::cout << "  " << what;
    for (const ordered_json& column : columns) {
        const std::string name = text_of(column);
        std::cout << (&column == &columns.front() ? " " : ", ")
                  << (name == "*" ? "any column" : name);
    }
    std::cout << '\n';
}

void print_plugin(const ordered_json& plugin) {
    std::cout << text_of(plugin["id"]) << ' ' << text_of(plugin["version"]) << ", "
              << text_of(plugin["kind"])
              << (plugin["answers_queries"] == true ? " that answers queries" : "")
              << " (plugin ABI " << text_of(plugin["abi"]) << ")\n  " << text_of(plugin["file"])
              << "\n  sha256 " << text_of(plugin["sha256"]) << "\n  "
              << text_of(plugin["description"]) << '\n';
    if (plugin["shared_state"] == true) {
        std::cout << "  one instance for all cores, called in turn (shared_state)\n";
    }
    print_columns("reads", plugin["reads"]);
    print_columns("writes", plugin["writes"]);
    if (!plugin["options"].empty()) std::cout << "  options\n";
    for (const ordered_json& option : plugin["options"]) print_option(option, 0);
    if (!plugin["issues"].empty()) std::cout << "  issue codes\n";
    for (const ordered_json& issue : plugin["issues"]) {
        std::cout << "    " << text_of(issue["code"]) << ": " << text_of(issue["description"])
                  << '\n';
    }
}

void print_text(const ordered_json& listing) {
    for (const ordered_json& plugin : listing["plugins"]) print_plugin(plugin);
    for (const ordered_json& refused : listing["refused"]) {
        std::cout << text_of(refused["id"]) << ": cannot be used\n  " << text_of(refused["reason"])
                  << '\n';
        if (refused["sha256"].is_string()) {
            std::cout << "  sha256 " << text_of(refused["sha256"]) << '\n';
        }
    }
    for (const ordered_json& shadowed : listing["shadowed"]) {
        std::cout << text_of(shadowed["file"]) << ": not used; " << text_of(shadowed["by"])
                  << " has the same name and is found first\n";
    }
    for (const ordered_json& other : listing["others"]) {
        std::cout << text_of(other["file"]) << ": not a plugin; " << text_of(other["reason"])
                  << '\n';
    }
    for (const ordered_json& directory : listing["directories"]) {
        if (directory["error"].is_null()) continue;
        std::cout << "directory " << text_of(directory["path"]) << ": "
                  << text_of(directory["error"]) << '\n';
    }
    if (listing["plugins"].empty() && listing["refused"].empty()) {
        std::cout << "no plugins there; name a directory with --dir\n";
    }
}

}  // namespace

// Lists what is there, whether or not a configuration names it; files that cannot be used with the
// reason.
int run_plugins(const Arguments& arguments) {
    const auto dirs = dirs_to_search(arguments);
    if (!dirs) return 2;
    const PluginSearch search = search_plugins(*dirs);
    const ordered_json listing = listing_of(search);
    if (arguments.json) {
        std::cout << listing.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
    } else {
        print_text(listing);
    }
    // A configuration's directories need not be there; one that was asked for should.
    bool well = listing["refused"].empty();
    for (const PluginSearch::Directory& directory : search.directories) {
        const auto& asked = arguments.dirs;
        const bool is_asked = std::find(asked.begin(), asked.end(), directory.path) != asked.end();
        well = well && (directory.trouble.empty() || !is_asked);
    }
    return well ? 0 : 1;
}

}  // namespace ingest::app
