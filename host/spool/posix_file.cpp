#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "spool/file.h"

namespace ingest::spool {
namespace {

namespace fs = std::filesystem;

FileError failed(const char* action, const fs::path& path, int number = errno) {
    return {std::string("cannot ") + action + " " + path.string(), number};
}

class PosixFile final : public File {
public:
    PosixFile(int fd, fs::path path) : fd_(fd), path_(std::move(path)) {}
    ~PosixFile() override { ::close(fd_); }
    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;

    FileResult<void> sync() override {
        if (::fdatasync(fd_) != 0) return failed("sync", path_);
        return {};
    }

    FileResult<std::uint64_t> size() override {
        struct stat status {};
        if (::fstat(fd_, &status) != 0) return failed("stat", path_);
        return static_cast<std::uint64_t>(status.st_size);
    }

protected:
    FileResult<std::size_t> write_some(std::uint64_t offset,
                                       std::span<const std::byte> bytes) override {
        const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0) return failed("write", path_);
        return static_cast<std::size_t>(n);
    }

    FileResult<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> bytes) override {
        const ssize_t n = ::pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0) return failed("read", path_);
        return static_cast<std::size_t>(n);
    }

private:
    const int fd_;
    const fs::path path_;
};

FileResult<std::unique_ptr<File>> open_file(const fs::path& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0640);
    if (fd < 0) return failed("open", path);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(fd, path));
}

// The process id that the owner of a lock file wrote into it.
std::string owner_of(int fd) {
    char text[32] = {};
    const ssize_t n = ::pread(fd, text, sizeof text - 1, 0);
    const long pid = n > 0 ? std::strtol(text, nullptr, 10) : 0;
    if (pid <= 0) return "another process";
    return "process " + std::to_string(pid);
}

class PosixFiles final : public FileSystem {
public:
    FileResult<std::unique_ptr<File>> open(const fs::path& path) override {
        return open_file(path, O_RDWR);
    }

    FileResult<std::unique_ptr<File>> open_to_read(const fs::path& path) override {
        return open_file(path, O_RDONLY);
    }

    FileResult<std::unique_ptr<File>> create(const fs::path& path) override {
        return open_file(path, O_RDWR | O_CREAT | O_TRUNC);
    }

    FileResult<void> rename(const fs::path& from, const fs::path& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename", from);
        return {};
    }

    FileResult<void> unlink(const fs::path& path) override {
        if (::unlink(path.c_str()) != 0) return failed("remove", path);
        return {};
    }

    FileResult<void> sync_directory(const fs::path& dir) override {
        const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) return failed("open", dir);
        const PosixFile directory(fd, dir);
        if (::fsync(fd) != 0) return failed("sync", dir);
        return {};
    }

    FileResult<bool> make_directory(const fs::path& dir) override {
        if (::mkdir(dir.c_str(), 0750) == 0) return true;
        if (errno == EEXIST) return false;
        return failed("make", dir);
    }

    FileResult<std::vector<std::string>> list(const fs::path& dir) override {
        std::vector<std::string> names;
        std::error_code error;
        for (fs::directory_iterator at(dir, error), last; !error && at != last;
             at.increment(error)) {
            std::error_code ignored;
            if (at->is_regular_file(ignored)) names.push_back(at->path().filename().string());
        }
        if (error) return failed("list", dir, error.value());
        std::sort(names.begin(), names.end());
        return names;
    }

    FileResult<std::uint64_t> free_bytes(const fs::path& dir) override {
        struct statvfs status {};
        if (::statvfs(dir.c_str(), &status) != 0) return failed("stat", dir);
        return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
    }

    FileResult<std::unique_ptr<File>> lock(const fs::path& path) override {
        const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
        if (fd < 0) return failed("open", path);
        auto file = std::make_unique<PosixFile>(fd, path);
        if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK) return failed("lock", path);
            return FileError{"cannot lock " + path.string() + ": " + owner_of(fd) +
                                 " uses this directory; one at a time can",
                             EWOULDBLOCK};
        }
        // Padded, so that a shorter id leaves nothing of a longer one.
        std::string pid = std::to_string(::getpid());
        pid.resize(16, ' ');
        pid += '\n';
        // Only for the message that a second owner gets: a full disk must not stop the first one.
        (void)file->write(0, std::as_bytes(std::span(pid)));
        return std::unique_ptr<File>(std::move(file));
    }
};

constinit PosixFiles system_files;

}  // namespace

FileSystem& posix_files() { return system_files; }

}  // namespace ingest::spool
