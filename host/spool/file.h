#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <boost/system/result.hpp>

#include "base/error.h"

// The one seam to the operating system: tests put a file system behind it that forgets what was
// not synced, tears what was being written and fails on demand.
namespace ingest::spool {

struct FileError {
    std::string what;  // "cannot sync /var/spool/segment-1.log"
    int number = 0;    // errno

    bool no_space() const noexcept;  // ENOSPC, EDQUOT or EFBIG: may heal by itself
    Error error() const;
};

[[noreturn]] void throw_exception_from_error(const FileError& error,
                                             const boost::source_location& where);

template <class T>
using FileResult = boost::system::result<T, FileError>;

// Whether it failed, and with this errno.
template <class T>
bool failed_with(const FileResult<T>& result, int number) {
    if (result.has_value()) return false;
    return result.error().number == number;
}

// Whether it failed for want of space. REQUIRES: it failed.
template <class T>
bool lacks_space(const FileResult<T>& result) {
    return result.error().no_space();
}

// An open file, closed by the destructor. Any thread.
class File {
public:
    virtual ~File() = default;

    // All of it: goes on after short writes and EINTR.
    FileResult<void> write(std::uint64_t offset, std::span<const std::byte> bytes);
    // Up to bytes.size(); fewer only at the end of the file.
    FileResult<std::size_t> read(std::uint64_t offset, std::span<std::byte> bytes);

    // fdatasync. REQUIRES: it never failed on this file before, whoever had it open: the kernel
    // forgets pages that it could not write, and a second sync would find nothing to complain of.
    virtual FileResult<void> sync() = 0;
    virtual FileResult<std::uint64_t> size() = 0;

protected:
    // As pwrite and pread: short and EINTR are possible.
    virtual FileResult<std::size_t> write_some(std::uint64_t offset,
                                               std::span<const std::byte> bytes) = 0;
    virtual FileResult<std::size_t> read_some(std::uint64_t offset,
                                              std::span<std::byte> bytes) = 0;
};

class FileSystem {
public:
    virtual ~FileSystem() = default;

    virtual FileResult<std::unique_ptr<File>> open(const std::filesystem::path& path) = 0;
    // For those who only look, also where they may not write.
    virtual FileResult<std::unique_ptr<File>> open_to_read(const std::filesystem::path& path) {
        return open(path);
    }
    // Empties the file if it exists.
    virtual FileResult<std::unique_ptr<File>> create(const std::filesystem::path& path) = 0;
    // Replaces `to`, atomically.
    virtual FileResult<void> rename(const std::filesystem::path& from,
                                    const std::filesystem::path& to) = 0;
    virtual FileResult<void> unlink(const std::filesystem::path& path) = 0;
    // Makes creations, renames and unlinks in it durable.
    virtual FileResult<void> sync_directory(const std::filesystem::path& dir) = 0;
    // One level. False: it was there.
    virtual FileResult<bool> make_directory(const std::filesystem::path& dir) = 0;
    // The names of the plain files in it, sorted.
    virtual FileResult<std::vector<std::string>> list(const std::filesystem::path& dir) = 0;
    virtual FileResult<std::uint64_t> free_bytes(const std::filesystem::path& dir) = 0;
    // Creates the file, locks it for this process until the File dies and writes the process id
    // into it. An error names the process that holds it.
    virtual FileResult<std::unique_ptr<File>> lock(const std::filesystem::path& path) = 0;
};

// The operating system's. Stateless; any thread.
FileSystem& posix_files();

// Makes `dir` and its missing ancestors, each synced into its parent.
FileResult<void> make_directories(FileSystem& files, const std::filesystem::path& dir);

}  // namespace ingest::spool
