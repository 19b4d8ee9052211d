#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "app/config/config.h"

// What the tests of the configuration share.
namespace ingest::app::config::test {

// An environment that holds these variables and no others.
inline Environment environment(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

// A directory that is empty at first and gone with this object.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "config-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        path_ = pattern;
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

    const std::filesystem::path& path() const noexcept { return path_; }
    std::filesystem::path write(const std::string& name, std::string_view text) const {
        std::ofstream(path_ / name, std::ios::binary) << text;
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

inline Loaded load_text(std::string_view yaml, const Environment& variables = environment({})) {
    const TemporaryDirectory dir;
    return load(dir.write("config.yaml", yaml), variables);
}

// The errors, one a line, without the file's name.
inline std::string lines(const Diagnostics& diagnostics) {
    std::string out;
    for (const Diagnostic& error : diagnostics.errors()) {
        if (error.mark.line > 0) {
            out += std::to_string(error.mark.line) + ':' + std::to_string(error.mark.column) + ": ";
        }
        out += error.text + '\n';
    }
    return out;
}

inline std::filesystem::path source_dir() {
    const char* dir = std::getenv("INGEST_SOURCE_DIR");
    return dir == nullptr ? "." : dir;
}

}  // namespace ingest::app::config::test
