#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ingest::http {

struct RawResponse {
    int status = 0;
    std::map<std::string, std::string> fields;  // names in lower case
    std::string head;
    std::string body;

    std::string field(const std::string& name) const {
        const auto at = fields.find(name);
        return at == fields.end() ? "" : at->second;
    }
};

// A client that sends exactly the bytes it is given. Waits at most `patience` for anything.
class RawClient {
public:
    static constexpr std::chrono::seconds patience{30};

    struct Options {
        const char* from = nullptr;  // an address of its own, such as 127.0.0.2
        int receive_buffer = 0;      // bytes; 0: what the kernel gives
    };

    explicit RawClient(std::uint16_t port) : RawClient(port, Options()) {}
    RawClient(std::uint16_t port, const Options& options)
        : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        if (options.receive_buffer != 0) {
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer,
                         sizeof options.receive_buffer);
        }
        if (options.from != nullptr) {
            sockaddr_in from{};
            from.sin_family = AF_INET;
            if (::inet_pton(AF_INET, options.from, &from.sin_addr) != 1 ||
                ::bind(socket_, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0)
                throw std::runtime_error("bind");
        }
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
            throw std::runtime_error("connect");
    }
    ~RawClient() { ::close(socket_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    // False when the server does not take it any more.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    // As much as goes without waiting.
    bool send_now(std::string_view bytes) {
        const auto flags = MSG_NOSIGNAL | MSG_DONTWAIT;
        return ::send(socket_, bytes.data(), bytes.size(), flags) > 0;
    }
    void finish_sending() { ::shutdown(socket_, SHUT_WR); }

    // The next response; nothing when the connection ended before one was complete.
    std::optional<RawResponse> receive(bool to_head = false) {
        std::size_t end;
        while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive_more()) return std::nullopt;
        }
        RawResponse response;
        response.head = input_.substr(0, end + 4);
        parse_head(response);
        const std::string length = response.field("content-length");
        const std::size_t size =
            to_head || length.empty() ? 0 : std::strtoul(length.c_str(), nullptr, 10);
        while (input_.size() < end + 4 + size) {
            if (!receive_more()) return std::nullopt;
        }
        response.body = input_.substr(end + 4, size);
        input_.erase(0, end + 4 + size);
        return response;
    }

    // True when the server closes without another byte.
    bool closed() { return input_.empty() && !receive_more(); }

private:
    bool receive_more() {
        pollfd wait{socket_, POLLIN, 0};
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
        if (::poll(&wait, 1, static_cast<int>(ms)) != 1) throw std::runtime_error("no answer");
        char bytes[16384];
        const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
        if (got <= 0) return false;
        input_.append(bytes, static_cast<std::size_t>(got));
        return true;
    }

    static void parse_head(RawResponse& response) {
        response.status = std::atoi(response.head.substr(9, 3).c_str());
        std::size_t at = response.head.find("\r\n") + 2;
        for (;;) {
            const std::size_t end = response.head.find("\r\n", at);
            if (end == at) return;
            const std::string line = response.head.substr(at, end - at);
            std::string name = line.substr(0, line.find(':'));
            std::ranges::transform(name, name.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
            });
            response.fields[name] = line.substr(line.find(':') + 2);
            at = end + 2;
        }
    }

    int socket_;
    std::string input_;
};

}  // namespace ingest::http
