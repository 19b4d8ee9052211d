#include "app/memory_limit.h"

#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

#include "base/log.h"

namespace ingest::app {
namespace {

namespace fs = std::filesystem;

// The group of v2 has the line "0::/path".
std::optional<fs::path> group_of_this_process(const fs::path& proc) {
    static constexpr std::string_view mark = "0::/";
    std::ifstream file(proc / "self/cgroup");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(mark)) return fs::path(line.substr(mark.size()));
    }
    return std::nullopt;
}

// Nothing for "max", and where there is no such file: the root has none.
std::optional<std::uint64_t> bound_in(const fs::path& file) {
    std::ifstream in(file);
    std::string text;
    std::uint64_t bytes = 0;
    if (!(in >> text)) return std::nullopt;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return bytes;
}

}  // namespace

std::optional<MemoryLimit> memory_limit(const fs::path& proc, const fs::path& cgroups) {
    const auto group = group_of_this_process(proc);
    if (!group) return std::nullopt;
    std::optional<MemoryLimit> lowest;
    fs::path at = cgroups;
    const auto look = [&] {
        const fs::path file = at / "memory.max";
        const auto bytes = bound_in(file);
        if (bytes && (!lowest || *bytes < lowest->bytes)) lowest = MemoryLimit{*bytes, file};
    };
    look();
    for (const fs::path& name : *group) {
        if (name.empty() || name == "." || name == "..") continue;
        at /= name;
        look();
    }
    return lowest;
}

void warn_of_memory_limit(const std::optional<MemoryLimit>& limit, std::uint64_t sum) {
    if (!limit || limit->bytes >= sum) return;
    log::warn("app",
              "the bounds on memory add up to more than this process may take, so the kernel may "
              "end it under load; raise memory.max (MemoryMax= of a unit, --memory of a container) "
              "to at least their sum, or lower http.limits, spool.memory or http.threads",
              {{"memory_max", limit->bytes}, {"sum", sum}, {"file", limit->file.string()}});
}

}  // namespace ingest::app
