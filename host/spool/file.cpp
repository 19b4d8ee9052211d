#include "spool/file.h"

#include <cerrno>

namespace ingest::spool {

namespace fs = std::filesystem;

bool FileError::no_space() const noexcept {
    return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

Error FileError::error() const { return os_error(what, number); }

void throw_exception_from_error(const FileError& error, const boost::source_location& where) {
    ingest::throw_exception_from_error(error.error(), where);
}

FileResult<void> File::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto written = write_some(offset, bytes);
        if (!written) {
            if (written.error().number == EINTR) continue;
            return written.error();
        }
        if (*written == 0) return FileError{"cannot write, and nothing says why", EIO};
        offset += *written;
        bytes = bytes.subspan(*written);
    }
    return {};
}

FileResult<std::size_t> File::read(std::uint64_t offset, std::span<std::byte> bytes) {
    std::size_t sum = 0;
    while (sum < bytes.size()) {
        const auto got = read_some(offset + sum, bytes.subspan(sum));
        if (!got) {
            if (got.error().number == EINTR) continue;
            return got.error();
        }
        if (*got == 0) break;
        sum += *got;
    }
    return sum;
}

FileResult<void> make_directories(FileSystem& files, const fs::path& dir) {
    std::vector<fs::path> missing;
    fs::path there = fs::absolute(dir).lexically_normal();
    if (!there.has_filename()) there = there.parent_path();
    const fs::path root = there.root_path();
    for (;;) {
        const auto listed = files.list(there);
        if (listed) break;
        if (!failed_with(listed, ENOENT) || there == root) return listed.error();
        missing.push_back(there);
        there = there.parent_path();
    }
    // An earlier start may have died between making this one and syncing its parent. Whoever may
    // not open the parent did not make it either.
    if (const auto synced = files.sync_directory(there.parent_path());
        !synced && !failed_with(synced, EACCES)) {
        return synced.error();
    }
    for (auto next = missing.rbegin(); next != missing.rend(); ++next) {
        if (const auto made = files.make_directory(*next); !made) return made.error();
        if (const auto synced = files.sync_directory(next->parent_path()); !synced) return synced;
    }
    return {};
}

}  // namespace ingest::spool
