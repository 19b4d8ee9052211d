#include "base/guarded_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/descriptor.h"

namespace ingest {
namespace {

using Rights = GuardedFile::Rights;

std::optional<FileTrouble> check_found(const struct stat& found, const GuardedFile& rule) {
    const std::string what(rule.what);
    if (!S_ISREG(found.st_mode)) return FileTrouble{"is no file", "give the path of " + what};
    if (rule.rights == Rights::any) return std::nullopt;
    if ((found.st_mode & S_IWOTH) != 0) {
        return FileTrouble{"everybody can write it", "take that right away: chmod o-w"};
    }
    if (rule.rights == Rights::secret && (found.st_mode & (S_IROTH | S_IWGRP)) != 0) {
        return FileTrouble{
            "others than its owner and group can read it, or the group can write it",
            "chmod 600, or 640 with a group of its own (Kubernetes: defaultMode: 0440)"};
    }
    if (rule.rights == Rights::only_owner_writes && (found.st_mode & S_IWGRP) != 0) {
        return FileTrouble{"its group can write it", "take that right away: chmod g-w"};
    }
    return std::nullopt;
}

std::string binary_size(std::size_t bytes) {
    return bytes >> 20 != 0 ? std::to_string(bytes >> 20) + " MiB"
                            : std::to_string(bytes >> 10) + " KiB";
}

std::optional<FileTrouble> read_open(int descriptor, const GuardedFile& rule, std::string& to) {
    struct stat found {};
    if (::fstat(descriptor, &found) != 0) {
        return FileTrouble{std::string("cannot be looked at: ") + std::strerror(errno), ""};
    }
    if (auto trouble = check_found(found, rule)) return trouble;
    // To its end, whatever its size is said to be: it may grow, and the kernel's own have none.
    const std::size_t too_many = rule.bytes_max + 1;
    to.resize(std::min(static_cast<std::size_t>(found.st_size) + 1, too_many));
    std::size_t size = 0;
    while (true) {
        const ssize_t got = ::read(descriptor, to.data() + size, to.size() - size);
        if (got < 0) {
            return FileTrouble{std::string("cannot be read: ") + std::strerror(errno), ""};
        }
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
        if (size == too_many) {
            return FileTrouble{"is larger than " + binary_size(rule.bytes_max),
                               "give " + std::string(rule.what)};
        }
        if (size == to.size()) to.resize(std::min(2 * size, too_many));
    }
    to.resize(size);
    return std::nullopt;
}

}  // namespace

std::optional<FileTrouble> read_guarded(const std::filesystem::path& path,
                                        const GuardedFile& rule, std::string& to) {
    const Descriptor opened(
        ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (opened.get() < 0) {
        const bool missing = errno == ENOENT;
        return FileTrouble{std::string("cannot be opened: ") + std::strerror(errno),
                           missing ? "give the path of " + std::string(rule.what) +
                                         "; a relative one begins at the configuration's directory"
                                   : "let the host's user read it"};
    }
    return read_open(opened.get(), rule, to);
}

}  // namespace ingest
