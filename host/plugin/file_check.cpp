#include "plugin/file_check.h"

#include <algorithm>
#include <cctype>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingest::plugin {
namespace {

Result<void> verify_owner_and_mode(const std::filesystem::path& path, const struct stat& status) {
    const std::string name = path.string();
    if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
        return Error{name + " belongs to user " + std::to_string(status.st_uid) +
                     "; it must belong to root or to the user of this process"};
    }
    // A sticky directory such as /tmp lets others add files but not replace ours.
    const bool sticky_directory = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky_directory) {
        return Error{name + " can be written by others than its owner; run chmod go-w " + name};
    }
    return {};
}

}  // namespace

bool is_plugin_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

Result<std::filesystem::path> find_plugin_file(std::span<const std::filesystem::path> dirs,
                                               std::string_view id) {
    if (!is_plugin_id(id)) {
        return Error{"'" + std::string(id) +
                     "' is no plugin name; use lower-case letters, digits and '-'"};
    }
    std::string looked_at;
    for (const auto& dir : dirs) {
        const auto file = dir / (std::string(id) + ".so");
        std::error_code ignored;
        if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) return file;
        looked_at += (looked_at.empty() ? "" : ", ") + dir.string();
    }
    return Error{"there is no plugin '" + std::string(id) + "' (no " + std::string(id) + ".so in " +
                 looked_at + "); `ingest-host plugins` lists what there is"};
}

Result<Descriptor> open_plugin_file(const std::filesystem::path& file) {
    // O_NONBLOCK: a pipe would wait for its writer. What is asked below is asked of what is open,
    // so that nothing can be put in its place in between.
    Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status{};
    if (opened.get() < 0 ? errno != ELOOP : ::fstat(opened.get(), &status) != 0) {
        return os_error("cannot open " + file.string(), errno);
    }
    if (opened.get() < 0 || !S_ISREG(status.st_mode)) {
        return Error{file.string() + " is not a regular file; put the library itself there"};
    }
    if (auto owned = verify_owner_and_mode(file, status); !owned) return owned.error();
    std::error_code no_path;
    const auto dir = std::filesystem::canonical(std::filesystem::absolute(file).parent_path(),
                                                no_path);
    struct stat dir_status{};
    if (no_path || ::stat(dir.c_str(), &dir_status) != 0) {
        return os_error("cannot look at the directory of " + file.string(),
                        no_path ? no_path.value() : errno);
    }
    if (auto owned = verify_owner_and_mode(dir, dir_status); !owned) return owned.error();
    return opened;
}

Result<void> match_digest(const std::filesystem::path& file, std::string_view digest,
                          std::string_view pinned) {
    const bool same = std::ranges::equal(digest, pinned, [](char a, char b) {
        return a == std::tolower(static_cast<unsigned char>(b));
    });
    if (!pinned.empty() && !same) {
        return Error{file.string() + " has the SHA-256 " + std::string(digest) +
                     ", not the one that the configuration pins; it was changed or replaced"};
    }
    return {};
}

}  // namespace ingest::plugin
