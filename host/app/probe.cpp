#include "app/probe.h"

#include <cerrno>
#include <charconv>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace ingest::app {
namespace {

constexpr timeval patience{3, 0};

struct Target {
    sockaddr_in address{};
    std::string authority;
    std::string path = "/";
};

Result<Target> parse(std::string_view url) {
    const Error malformed{"'" + std::string(url) + "' is not http://ADDRESS:PORT/PATH"};
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) return malformed;
    url.remove_prefix(scheme.size());
    const std::size_t slash = url.find('/');
    Target target;
    if (slash != std::string_view::npos) target.path = url.substr(slash);
    target.authority = url.substr(0, slash);
    const std::size_t colon = target.authority.find(':');
    std::string host = target.authority.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    std::uint16_t port = 80;
    if (colon != std::string::npos) {
        const char* end = target.authority.data() + target.authority.size();
        const auto read = std::from_chars(target.authority.data() + colon + 1, end, port);
        if (read.ec != std::errc() || read.ptr != end) return malformed;
    }
    target.address.sin_family = AF_INET;
    target.address.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &target.address.sin_addr) != 1) return malformed;
    return target;
}

// Closes the socket whichever way probe() ends.
struct Socket {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (fd >= 0) ::close(fd);
    }
};

}  // namespace

Result<void> probe(std::string_view url) {
    const auto target = parse(url);
    if (!target) return target.error();
    const Socket socket;
    if (socket.fd < 0) return os_error("cannot make a socket", errno);
    ::setsockopt(socket.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const auto* address = reinterpret_cast<const sockaddr*>(&target->address);
    if (::connect(socket.fd, address, sizeof target->address) != 0) {
        return os_error("no host answers at " + target->authority, errno);
    }
    const std::string request = "GET " + target->path + " HTTP/1.1\r\nHost: " + target->authority +
                                "\r\nConnection: close\r\n\r\n";
    if (::send(socket.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        return os_error("cannot ask " + target->authority, errno);
    }
    std::string answer;
    char block[512];
    while (answer.size() < 64) {
        const ssize_t got = ::recv(socket.fd, block, sizeof block, 0);
        if (got <= 0) break;
        answer.append(block, static_cast<std::size_t>(got));
    }
    if (answer.starts_with("HTTP/1.1 200 ")) return {};
    const std::string line = answer.substr(0, answer.find("\r\n"));
    return Error{target->authority + (line.empty() ? " did not answer in time"
                                                    : " answered " + line)};
}

}  // namespace ingest::app
