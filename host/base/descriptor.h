#pragma once

#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace ingest {

// An open file descriptor, closed with this; -1: none.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }

    int get() const noexcept { return fd_; }
    // From here on nobody closes it.
    int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_;
};

// Writes all of it, however many calls that takes. An error begins with `failure`.
Result<void> write_all(int fd, std::string_view bytes, std::string_view failure);

}  // namespace ingest
