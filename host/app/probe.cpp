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
    std::string host;
    std::string path = "/";
    bool secure = false;
};

Result<Target> parse(std::string_view url) {
    const Error malformed{"'" + std::string(url) + "' is not http://ADDRESS:PORT/PATH or https://"};
    Target target;
    target.secure = url.starts_with("https://");
    if (!target.secure && !url.starts_with("http://")) return malformed;
    url.remove_prefix(url.find("//") + 2);
    const std::size_t slash = url.find('/');
    if (slash != std::string_view::npos) target.path = url.substr(slash);
    target.authority = url.substr(0, slash);
    const std::size_t colon = target.authority.find(':');
    target.host = target.authority.substr(0, colon);
    const std::string address = target.host == "localhost" ? "127.0.0.1" : target.host;
    std::uint16_t port = target.secure ? 443 : 80;
    if (colon != std::string::npos) {
        const char* end = target.authority.data() + target.authority.size();
        const auto read = std::from_chars(target.authority.data() + colon + 1, end, port);
        if (read.ec != std::errc() || read.ptr != end) return malformed;
    }
    target.address.sin_family = AF_INET;
    target.address.sin_port = htons(port);
    if (inet_pton(AF_INET, address.c_str(), &target.address.sin_addr) != 1) return malformed;
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

constexpr std::size_t answer_bytes_min = 64;  // has the status line

Result<std::string> ask(int socket, const std::string& request) {
    if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        return os_error("cannot be asked", errno);
    }
    std::string answer;
    char block[512];
    while (answer.size() < answer_bytes_min) {
        const ssize_t got = ::recv(socket, block, sizeof block, 0);
        if (got <= 0) break;
        answer.append(block, static_cast<std::size_t>(got));
    }
    return answer;
}

Result<std::string> ask_securely(int socket, const std::string& request,
                                 const http::TlsClient::Options& options) {
    auto client = http::TlsClient::connect(socket, options);
    if (!client) return client.error();
    if (!(*client)->send(request)) return Error{"cannot be asked: the connection ended"};
    std::string answer;
    char block[512];
    while (answer.size() < answer_bytes_min) {
        const std::size_t got = (*client)->receive(block, sizeof block);
        if (got == 0) break;
        answer.append(block, got);
    }
    return answer;
}

}  // namespace

Result<void> probe(std::string_view url, http::TlsClient::Options tls) {
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
    tls.host = target->host;
    const auto answered = target->secure ? ask_securely(socket.fd, request, tls)
                                         : ask(socket.fd, request);
    if (!answered) return Error{target->authority + ": " + answered.error().message};
    const std::string& answer = *answered;
    if (answer.starts_with("HTTP/1.1 200 ")) return {};
    const std::string line = answer.substr(0, answer.find("\r\n"));
    return Error{target->authority + (line.empty() ? " did not answer in time"
                                                    : " answered " + line)};
}

}  // namespace ingest::app
