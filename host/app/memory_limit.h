#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/error.h"

namespace ingest::app {

// The lowest bound on memory of the control groups that a process is in (cgroup v2).
struct MemoryLimit {
    std::uint64_t bytes = 0;
    std::filesystem::path file;  // the memory.max that says so
};

// Of this process, by <proc>/self/cgroup, from its group up to the root of <cgroups>. Nothing where
// there is no bound, or no such groups. A group that is not to be seen from here (a container sees
// its own as the root) counts as not there.
std::optional<MemoryLimit> memory_limit(const std::filesystem::path& proc,
                                        const std::filesystem::path& cgroups);

// The log tells when `limit` is lower than `sum`, what this process may hold by its own bounds:
// then the kernel would end it before it refuses anything.
void warn_of_memory_limit(const std::optional<MemoryLimit>& limit, std::uint64_t sum);

}  // namespace ingest::app
