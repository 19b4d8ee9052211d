#include "app/plugin_project.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>

#include <sys/stat.h>

#include <templates/assets.h>

#include "base/ascii.h"
#include "plugin/file_check.h"

namespace ingest::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view template_name = "my-plugin";

// Targets that CMake's generators have already.
constexpr auto cmake_targets = std::to_array<std::string_view>(
    {"all", "clean", "codegen", "depend", "help", "install", "package", "preinstall", "test"});

// Words that cannot be the name of a crate's library.
constexpr auto rust_words = std::to_array<std::string_view>(
    {"abstract", "alloc",    "as",            "async",   "await",      "become",   "box",
     "break",    "build",    "const",         "continue", "core",      "crate",    "deps",
     "do",       "dyn",      "else",          "enum",    "examples",   "extern",   "false",
     "final",    "fn",       "for",           "gen",     "if",         "impl",     "in",
     "incremental", "ingest-plugin", "let",   "loop",    "macro",      "match",    "mod",
     "move",     "mut",      "override",      "priv",    "proc-macro", "pub",      "ref",
     "return",   "self",     "static",        "std",     "struct",     "super",    "trait",
     "true",     "try",      "type",          "typeof",  "union",      "unsafe",   "unsized",
     "use",      "virtual",  "where",         "while",   "yield"});

// The words of a name in code, the kind last and once: {"frozen", "sink"}. The first begins with a
// letter.
std::vector<std::string> words_of(std::string_view name, std::string_view kind) {
    std::vector<std::string> words;
    while (!name.empty()) {
        const std::size_t dash = name.find('-');
        if (dash != 0) words.emplace_back(name.substr(0, dash));
        name.remove_prefix(dash == name.npos ? name.size() : dash + 1);
    }
    if (!words.empty() && words.back() == kind) words.pop_back();
    if (words.empty() || !is_lower(words.front()[0])) words.insert(words.begin(), "plugin");
    words.emplace_back(kind);
    return words;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) {
        text.replace(at, from.size(), to);
    }
}

// The templates are a plugin that compiles as it is, so its names are what is replaced; only what
// depends on the machine is marked.
std::string filled_in(std::string_view from, const PluginProject& project) {
    std::string text(from);
    replace_all(text, class_name(template_name, project.kind),
                class_name(project.name, project.kind));
    replace_all(text, snake_name(template_name, project.kind),
                snake_name(project.name, project.kind));
    replace_all(text, template_name, project.name);
    replace_all(text, "@SOURCE@", source_file(project));
    replace_all(text, "@SDK@", project.sdk.string());
    replace_all(text, "@HOST@", project.host.string());
    return text;
}

Result<void> write_file(const fs::path& file, const std::string& text) {
    std::error_code failed;
    fs::create_directories(file.parent_path(), failed);
    errno = failed ? failed.value() : 0;
    std::ofstream stream;
    if (!failed) stream.open(file, std::ios::binary);
    stream << text;
    stream.close();
    if (stream.fail() || failed) {
        return os_error("cannot write " + file.filename().string(), errno != 0 ? errno : EIO);
    }
    return {};
}

}  // namespace

Result<void> check_project_name(std::string_view name, std::string_view language) {
    const std::string quoted = "'" + std::string(name) + "'";
    if (!plugin::is_plugin_id(name) || name[0] == '-') {
        return Error{quoted + " is no name for a plugin; it has 1 to 64 of a-z, 0-9 and '-', and "
                     "begins with a letter or a digit, for example stuck-sensor"};
    }
    if (std::ranges::find(cmake_targets, name) != cmake_targets.end()) {
        return Error{quoted + " is a target that CMake has already; choose another name, for "
                     "example my-" + std::string(name)};
    }
    if (language != "rust") return {};
    if (!is_lower(name[0])) {
        return Error{quoted + " is no name for a plugin in Rust: a crate's name begins with a "
                     "letter; say for example plugin-" + std::string(name)};
    }
    if (std::ranges::find(rust_words, name) != rust_words.end()) {
        return Error{quoted + " is no name for a plugin in Rust: no crate can have it; say for "
                     "example my-" + std::string(name)};
    }
    return {};
}

std::string class_name(std::string_view name, std::string_view kind) {
    std::string text;
    for (std::string& word : words_of(name, kind)) {
        if (is_lower(word[0])) word[0] = static_cast<char>(word[0] - 'a' + 'A');
        text += word;
    }
    return text;
}

std::string snake_name(std::string_view name, std::string_view kind) {
    std::string text;
    for (const std::string& word : words_of(name, kind)) {
        if (!text.empty()) text += '_';
        text += word;
    }
    return text;
}

std::string source_file(const PluginProject& project) {
    return project.language == "rust" ? "src/lib.rs" : project.name + "." + project.language;
}

std::vector<ProjectFile> render_project(const PluginProject& project) {
    std::vector<ProjectFile> files;
    for (const templates::Asset& asset : templates::assets()) {
        // /LANGUAGE/KIND/PATH, with `any` for each of the first two.
        const std::string_view path = asset.path.substr(1);
        const std::size_t first = path.find('/');
        const std::size_t second = path.find('/', first + 1);
        const auto language = path.substr(0, first);
        const auto kind = path.substr(first + 1, second - first - 1);
        if ((language != "any" && language != project.language) ||
            (kind != "any" && kind != project.kind)) {
            continue;
        }
        files.push_back({filled_in(path.substr(second + 1), project),
                         filled_in(asset.bytes, project)});
    }
    return files;
}

Result<void> write_project(const fs::path& dir, const std::vector<ProjectFile>& files) {
    const fs::path target = fs::absolute(dir).lexically_normal();
    // "a/" is a path with an empty name at its end.
    const fs::path place = target.has_filename() ? target : target.parent_path();
    std::error_code failed;
    if (fs::exists(fs::symlink_status(place, failed))) {
        return Error{place.string() + " is there already, and nothing is overwritten; name a "
                     "folder that does not exist yet with --dir"};
    }
    // Beside its place, so that one rename puts all of it there.
    std::string half = (place.parent_path() / ("." + place.filename().string() + ".XXXXXX"))
                           .string();
    if (::mkdtemp(half.data()) == nullptr) {
        const int reason = errno;
        return os_error("cannot make a folder in " + place.parent_path().string() +
                        (reason == ENOENT ? ", make it first" : ""), reason);
    }
    const auto give_up = [&half](Error error) {
        std::error_code ignored;
        fs::remove_all(half, ignored);
        return error;
    };
    for (const ProjectFile& file : files) {
        if (auto written = write_file(half / file.path, file.text); !written) {
            return give_up(written.error());
        }
    }
    // mkdtemp leaves it to its owner alone. Never writable by others: the host would load nothing
    // from there.
    fs::permissions(half, fs::perms(0755), failed);
    if (!failed) fs::rename(half, place, failed);
    if (failed) return give_up(os_error("cannot make " + place.string(), failed.value()));
    return {};
}

}  // namespace ingest::app
