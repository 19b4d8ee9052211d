// libFuzzer target: bytes as the configuration file. What is taken is printed as `check --print`
// does, and that is taken again and printed the same.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include "app/config/config.h"
#include "app/config/print.h"
#include "base/check.h"

namespace {

using namespace ingest;
namespace config = app::config;

std::optional<std::string> variable(const std::string& name) {
    if (name == "SET") return "7";
    if (name == "EMPTY") return "";
    return std::nullopt;
}

// load() reads a file: one in memory.
class MemoryFile {
public:
    MemoryFile() : file_(::memfd_create("config.yaml", 0)) { check(file_ >= 0, "memory"); }
    config::Loaded load(std::string_view yaml) const {
        check(::ftruncate(file_, 0) == 0, "truncated");
        check(::pwrite(file_, yaml.data(), yaml.size(), 0) ==
                  static_cast<ssize_t>(yaml.size()),
              "written");
        return config::load("/proc/self/fd/" + std::to_string(file_), variable);
    }

private:
    const int file_;
};

std::string print(const config::Loaded& loaded) {
    return config::to_yaml(loaded.settings, "/", [](std::string_view, std::vector<std::string>&) {
        return nlohmann::json::object();
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const MemoryFile file;
    const std::string_view yaml(reinterpret_cast<const char*>(data), size);
    const config::Loaded loaded = file.load(yaml);
    for (const config::Diagnostic& error : loaded.diagnostics.errors()) {
        check(!error.text.empty() && error.text.find('\n') == std::string::npos,
              "an error is a line");
    }
    if (!loaded.diagnostics.empty()) return 0;
    const std::string printed = print(loaded);
    const config::Loaded again = file.load(printed);
    if (!again.diagnostics.empty()) {
        // A secret is masked, which not every key takes.
        check(printed.find("***") != std::string::npos, again.diagnostics.text().c_str());
        return 0;
    }
    check(print(again) == printed, "what is printed is printed the same again");
    return 0;
}
