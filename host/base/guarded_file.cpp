#include "base/guarded_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.h"

namespace ingest {
namespace {

using Rights = GuardedFile::Rights;

std::optional<FileTrouble> check_found(const struct stat& found, const GuardedFile& rule) {
    const std::string what(rule.what);
    if (!S_ISREG(found.st_mode)) return FileTrouble{"is no file", "give the path of " + what};
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
    if (found.st_size > static_cast<off_t>(rule.bytes_max)) {
        return FileTrouble{"is larger than " + std::to_string(rule.bytes_max >> 20) + " MiB",
                           "give " + what};
    }
    return std::nullopt;
}

std::optional<FileTrouble> read_open(int descriptor, const GuardedFile& rule, std::string& to) {
    struct stat found {};
    if (::fstat(descriptor, &found) != 0) {
        return FileTrouble{std::string("cannot be looked at: ") + std::strerror(errno), ""};
    }
    if (auto trouble = check_found(found, rule)) return trouble;
    to.resize(static_cast<std::size_t>(found.st_size));
    std::size_t size = 0;
    ssize_t got = 0;
    while (size < to.size() &&
           (got = ::read(descriptor, to.data() + size, to.size() - size)) > 0) {
        size += static_cast<std::size_t>(got);
    }
    to.resize(size);
    if (got >= 0) return std::nullopt;
    return FileTrouble{std::string("cannot be read: ") + std::strerror(errno), ""};
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
