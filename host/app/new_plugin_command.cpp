#include <iostream>

#include "app/commands.h"
#include "app/plugin_project.h"
#include "app/plugin_set.h"
#include "plugin/file_check.h"

namespace ingest::app {
namespace {

namespace fs = std::filesystem;

// As a word of a shell's command.
std::string quoted(const fs::path& path) {
    const std::string text = path.string();
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-";
    if (text.find_first_not_of(plain) == text.npos) return text;
    std::string word = "'";
    for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

// Where a build and an installation have the SDK, beside this program; empty when it is not there.
fs::path sdk_beside(const fs::path& host) {
    std::error_code failed;
    const fs::path dir = host.parent_path().parent_path() / "share/cmake/IngestPlugin";
    return fs::exists(dir / "IngestPluginConfig.cmake", failed) ? dir : fs::path();
}

std::string_view language_name(std::string_view language) {
    if (language == "cpp") return "C++";
    return language == "c" ? "C" : "Rust";
}

void print_next_steps(const PluginProject& project, const fs::path& dir) {
    std::cout << project.name << ": a " << project.kind << " in "
              << language_name(project.language) << ", in " << dir.string()
              << "\n\nBuild it, check it, serve it:\n\n  cd " << quoted(dir)
              << "\n  cmake -G Ninja -S . -B build"
              << (project.sdk.empty() ? " -DCMAKE_PREFIX_PATH=PREFIX" : "")
              << "\n  cmake --build build\n  ctest --test-dir build --output-on-failure\n  "
              << quoted(project.host) << " --config config.yaml\n";
    if (project.sdk.empty()) {
        std::cout << "\nThere is no SDK beside this program: PREFIX is where it was installed.\n";
    }
    std::cout << "\nREADME.md has a request that shows it at work. What it does is in "
              << source_file(project) << ".\n";
}

int refuse(const Error& error, int status) {
    std::cerr << "ingest-host: " << error.message << '\n';
    return status;
}

}  // namespace

int run_new_plugin(const Arguments& arguments) {
    if (const auto good = check_project_name(arguments.name, arguments.language); !good) {
        return refuse(good.error(), 2);
    }
    // The host takes the first library of a name that it finds.
    const auto same = plugin::find_plugin_file(plugin_dirs({}), arguments.name);
    if (same) {
        return refuse(Error{"there is a plugin '" + arguments.name + "' already, " +
                            same->string() + "; choose another name"},
                      2);
    }
    const fs::path host = fs::read_symlink("/proc/self/exe");
    const PluginProject project{arguments.name, arguments.kind, arguments.language, host,
                                sdk_beside(host)};
    const fs::path dir = arguments.dir.empty() ? fs::path(arguments.name) : arguments.dir;
    if (const auto written = write_project(dir, render_project(project)); !written) {
        return refuse(written.error(), 1);
    }
    print_next_steps(project, dir);
    return 0;
}

}  // namespace ingest::app
