#include "base/descriptor.h"

#include <cerrno>

namespace ingest {

Result<void> write_all(int fd, std::string_view bytes, std::string_view failure) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return os_error(std::string(failure), errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace ingest
