#include "plugin/file_check.h"

#include <algorithm>
#include <cctype>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "plugin/trusted_path.h"

namespace ingest::plugin {

bool is_plugin_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
        return is_lower(c) || is_digit(c) || c == '-';
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
    const auto dir = open_trusted_directory(file.has_parent_path() ? file.parent_path() : ".");
    if (!dir) return dir.error();
    // O_NONBLOCK: a pipe would wait for its writer. What is asked below is asked of what is open,
    // so that nothing can be put in its place in between.
    Descriptor opened(::openat(dir->get(), file.filename().c_str(),
                               O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status{};
    if (opened.get() < 0 ? errno != ELOOP : ::fstat(opened.get(), &status) != 0) {
        return os_error("cannot open " + file.string(), errno);
    }
    if (opened.get() < 0 || !S_ISREG(status.st_mode)) {
        return Error{file.string() + " is not a regular file; put the library itself there"};
    }
    if (auto owned = verify_owner_and_mode(file, status); !owned) return owned.error();
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
