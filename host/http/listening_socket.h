#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/error.h"

namespace ingest::http {

// A TCP socket that listens. Connections queue in it from here on; they are accepted once a server
// has it. Owns the descriptor until the server takes it. One thread at a time.
class ListeningSocket {
public:
    // `host` is an address of this machine; port 0: any free one.
    static Result<ListeningSocket> bind(const std::string& host, std::uint16_t port);

    // One that another process made and passed on. It stays in use there: this process never shuts
    // it down, and what is in its queue when it leaves is accepted by whoever comes next. Takes the
    // descriptor, also when it is refused because it is no listening TCP socket.
    static Result<ListeningSocket> adopt(int descriptor);

    ListeningSocket(ListeningSocket&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)),
          host_(std::move(other.host_)),
          port_(other.port_),
          passed_(other.passed_) {}
    ListeningSocket& operator=(ListeningSocket&&) = delete;
    ~ListeningSocket();

    const std::string& host() const noexcept { return host_; }  // the address it is bound to
    std::uint16_t port() const noexcept { return port_; }
    bool passed() const noexcept { return passed_; }
    bool is_ipv6() const noexcept { return host_.find(':') != std::string::npos; }

    int release() noexcept { return std::exchange(descriptor_, -1); }

private:
    ListeningSocket(int descriptor, bool passed) noexcept
        : descriptor_(descriptor), passed_(passed) {}
    Result<void> learn_address();

    int descriptor_;
    std::string host_;
    std::uint16_t port_ = 0;
    bool passed_;
};

}  // namespace ingest::http
