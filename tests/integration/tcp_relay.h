#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace ingest::test {

// A loopback port in front of a server, to take the server away without touching it: closed (the
// port refuses), open (all bytes pass), frozen (connections stand, nothing passes and nobody
// answers: what a stopped process looks like). Starts closed. Owns one thread.
class TcpRelay {
public:
    explicit TcpRelay(std::uint16_t upstream_port) : upstream_port_(upstream_port) {
        listen_again();
        close_listener();
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
    ~TcpRelay() {
        thread_.request_stop();
        thread_.join();
        close();
    }
    TcpRelay(const TcpRelay&) = delete;
    TcpRelay& operator=(const TcpRelay&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    void open() {
        const std::lock_guard lock(mutex_);
        if (listener_ < 0) listen_again();
        frozen_ = false;
    }
    void freeze() {
        const std::lock_guard lock(mutex_);
        if (listener_ < 0) listen_again();
        frozen_ = true;
    }
    // Refuses new connections and cuts the ones that stand.
    void close() {
        const std::lock_guard lock(mutex_);
        close_listener();
        for (const Pair& pair : pairs_) close_pair(pair);
        pairs_.clear();
    }

private:
    struct Pair {
        int client;
        int server;
    };

    static sockaddr_in address(std::uint16_t port) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port);
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return at;
    }
    static void close_pair(const Pair& pair) {
        ::close(pair.client);
        ::close(pair.server);
    }
    void close_listener() {
        if (listener_ >= 0) ::close(listener_);
        listener_ = -1;
    }
    void listen_again() {
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        const int on = 1;
        setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in at = address(port_);
        socklen_t size = sizeof at;
        if (bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
            listen(listener_, 16) != 0) {
            throw std::runtime_error("the relay cannot listen");
        }
        getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
    }

    void accept_one() {
        const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) return;
        const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at = address(upstream_port_);
        if (connect(server, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) {
            close_pair({client, server});
            return;
        }
        pairs_.push_back({client, server});
    }
    // Passes on what there is. False when the sender hung up.
    static bool pass(int from, int to) {
        std::array<char, 65536> bytes;
        const ssize_t got = recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got < 0) return true;
        for (ssize_t sent = 0; sent < got;) {
            const ssize_t now =
                send(to, bytes.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
            if (now < 0) return false;
            sent += now;
        }
        return got > 0;
    }
    void step() {
        const std::lock_guard lock(mutex_);
        if (frozen_) return;
        if (listener_ >= 0) accept_one();
        pairs_.remove_if([](const Pair& pair) {
            if (pass(pair.client, pair.server) && pass(pair.server, pair.client)) return false;
            close_pair(pair);
            return true;
        });
    }
    void run(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            step();
            // A millisecond between looks: no descriptor to wait for, since others open and close
            // them.
            poll(nullptr, 0, 1);
        }
    }

    const std::uint16_t upstream_port_;
    std::mutex mutex_;  // protects what follows
    int listener_ = -1;
    std::uint16_t port_ = 0;
    bool frozen_ = false;
    std::list<Pair> pairs_;
    std::jthread thread_;
};

}  // namespace ingest::test
