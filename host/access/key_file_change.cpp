#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "access/api_key.h"
#include "base/descriptor.h"

namespace ingest::access {
namespace {

// `former`: of the file whose place it will take; null: there is none.
Result<void> write_new(const std::string& file, const struct stat* former, std::string_view text) {
    const Descriptor opened(
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (opened.get() < 0) return os_error("cannot make " + file, errno);
    if (auto written = write_all(opened.get(), text, "cannot write " + file); !written) {
        return written;
    }
    if (former != nullptr) {
        const bool others = former->st_uid != ::geteuid() || former->st_gid != ::getegid();
        if (others && ::fchown(opened.get(), former->st_uid, former->st_gid) != 0) {
            return os_error("cannot give " + file + " the owner of the file that it replaces",
                            errno);
        }
        if (::fchmod(opened.get(), former->st_mode & 0640) != 0) {
            return os_error("cannot set the mode of " + file, errno);
        }
    }
    if (::fsync(opened.get()) != 0) return os_error("cannot sync " + file, errno);
    return {};
}

}  // namespace

Result<void> change_keys(const std::filesystem::path& named,
                         const std::function<Result<void>(std::vector<ApiKey>&)>& change) {
    std::error_code ignored;
    // A symbolic link stays one.
    std::filesystem::path file = std::filesystem::weakly_canonical(named, ignored);
    if (file.empty()) file = named;
    const std::string dir = file.has_parent_path() ? file.parent_path().string() : ".";
    const Descriptor directory(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0) return os_error("cannot open the directory " + dir, errno);
    if (::flock(directory.get(), LOCK_EX) != 0) return os_error("cannot lock " + dir, errno);

    struct stat former {};
    const bool exists = ::stat(file.c_str(), &former) == 0;
    std::vector<ApiKey> keys;
    if (exists) {
        std::string text;
        std::vector<FileTrouble> troubles;
        keys = read_keys(file, text, troubles);
        if (!troubles.empty()) {
            const FileTrouble& first = troubles.front();
            return Error{file.string() + ": " + first.wrong + "; " + first.right};
        }
    } else if (errno != ENOENT) {
        return os_error("cannot look at " + file.string(), errno);
    }
    if (auto changed = change(keys); !changed) return changed;

    const std::string next = file.string() + ".new";
    ::unlink(next.c_str());  // of a command that was killed: the lock is ours
    auto written = write_new(next, exists ? &former : nullptr, key_file_text(keys));
    if (written && ::rename(next.c_str(), file.c_str()) != 0) {
        written = os_error("cannot put " + next + " in the place of " + file.string(), errno);
    }
    if (!written) {
        ::unlink(next.c_str());
        return written;
    }
    if (::fsync(directory.get()) != 0) return os_error("cannot sync " + dir, errno);
    return {};
}

}  // namespace ingest::access
