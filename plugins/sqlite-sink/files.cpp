#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ingest::sqlite_sink {

int make_directories(const std::filesystem::path& directory) {
    struct stat found {};
    if (stat(directory.c_str(), &found) == 0) return S_ISDIR(found.st_mode) ? 0 : ENOTDIR;
    if (errno != ENOENT) return errno;
    const auto parent = directory.parent_path();
    if (parent == directory) return ENOENT;
    if (const int error = make_directories(parent); error != 0) return error;
    if (mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST) return errno;
    return sync_path(parent);
}

int sync_path(const std::filesystem::path& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? 0 : errno;
    const int error = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return error;
}

}  // namespace ingest::sqlite_sink
