#include "confine/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/descriptor.h"

namespace ingest::confine {
namespace {

namespace fs = std::filesystem;

// <linux/landlock.h>, which is older than the kernel in many places.
struct Ruleset {
    std::uint64_t handled_access_fs;
};
struct [[gnu::packed]] PathBeneath {
    std::uint64_t allowed_access;
    std::int32_t parent_fd;
};
constexpr unsigned create_version = 1;
constexpr int rule_path_beneath = 1;
constexpr std::uint64_t execute = 1U << 0;
constexpr std::uint64_t write_file = 1U << 1;
constexpr std::uint64_t read = 1U << 2 | 1U << 3;  // of files and directories
constexpr std::uint64_t make_char = 1U << 6;
constexpr std::uint64_t make_block = 1U << 11;
constexpr std::uint64_t refer = 1U << 13;  // since version 2
constexpr std::uint64_t truncate = 1U << 14;  // since version 3

// With the first version nothing can be moved from one directory to another.
constexpr long version_min = 2;
constexpr long version_of_truncate = 3;

constexpr std::array<std::string_view, 12> system_directories{
    "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "sys", "usr"};
// What is written there goes nowhere, or to who looks at the terminal.
constexpr std::array devices{"/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/pts",
                             "/dev/shm"};

constexpr std::uint64_t handled(long version) {
    const std::uint64_t all = (refer << 1) - 1 - read;
    return version < version_of_truncate ? all : all | truncate;
}

// Nothing, where there is no such path.
void allow(int ruleset, const fs::path& path, std::uint64_t accesses) {
    const Descriptor opened(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat found {};
    if (opened.get() < 0 || ::fstat(opened.get(), &found) != 0) return;
    const bool is_directory = S_ISDIR(found.st_mode);
    const PathBeneath rule{accesses & (is_directory ? ~(execute | make_char | make_block)
                                                    : write_file | truncate),
                           opened.get()};
    ::syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &rule, 0);
}

Error unavailable() { return os_error("Landlock is not to be had", errno); }

}  // namespace

std::vector<fs::path> all_but_the_system() {
    std::vector<fs::path> paths;
    std::error_code failed;
    for (fs::directory_iterator at("/", failed), last; !failed && at != last;
         at.increment(failed)) {
        const std::string name = at->path().filename().string();
        std::error_code unknown;
        if (std::ranges::find(system_directories, name) != system_directories.end()) continue;
        if (at->symlink_status(unknown).type() == fs::file_type::directory) {
            paths.push_back(at->path());
        }
    }
    // Where relative paths begin may be below /usr, in containers often.
    const fs::path here = fs::current_path(failed);
    if (!failed && here != "/") paths.push_back(here);
    return paths;
}

Result<bool> restrict_files(const std::vector<fs::path>& writable) {
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, create_version);
    if (version < 0) return unavailable();
    if (version < version_min) return Error{"this Landlock is older than that of Linux 5.19"};
    const Ruleset accesses{handled(version)};
    const Descriptor ruleset(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &accesses, sizeof accesses, 0)));
    if (ruleset.get() < 0) return unavailable();
    for (const fs::path& path : writable) allow(ruleset.get(), path, accesses.handled_access_fs);
    for (const char* device : devices) allow(ruleset.get(), device, accesses.handled_access_fs);
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return unavailable();
    return version >= version_of_truncate;
}

}  // namespace ingest::confine
