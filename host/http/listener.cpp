#include "http/listener.h"

#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include "base/log.h"

namespace ingest::http {
namespace {

constexpr int backlog = 1024;

// After a failed accept (no file descriptors left, say): long enough not to spin, short enough not
// to be noticed.
constexpr std::chrono::milliseconds pause_after_failure{100};

constexpr std::string_view too_many =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 0\r\n"
    "Retry-After: 1\r\nConnection: close\r\n\r\n";

Address address_of(const asio::ip::tcp::endpoint& peer) {
    const asio::ip::address address = peer.address();
    if (address.is_v6()) return Address::of(address.to_v6().to_bytes());
    const auto mapped = asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
    return Address::of(mapped.to_bytes());
}

Error listen_error(const std::string& host, std::uint16_t port, const error_code& error) {
    std::string message = "cannot listen on " + host + " port " + std::to_string(port) + ": ";
    if (error == asio::error::address_in_use) {
        message += "the port is in use; stop the process that has it or set another port (PORT)";
    } else if (error == asio::error::access_denied) {
        message += "not permitted; use a port from 1024 up, or give it CAP_NET_BIND_SERVICE";
    } else if (error == std::errc::address_not_available) {
        message += "this machine does not have that address; use 0.0.0.0 for all it has (HOST)";
    } else {
        message += error.message();
    }
    return {std::move(message)};
}

}  // namespace

Listener::Listener(std::vector<std::unique_ptr<Core>>& cores)
    : cores_(cores), acceptor_(cores.front()->io()), pause_(cores.front()->io()) {}

Result<std::uint16_t> Listener::listen(const std::string& host, std::uint16_t port) {
    error_code error;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error) {
        return Error{"cannot listen on '" + host +
                     "': not an address; write one like 0.0.0.0, 127.0.0.1 or :: (HOST)"};
    }
    const asio::ip::tcp::endpoint here(address, port);
    acceptor_.open(here.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error && address.is_v6() && address.is_unspecified())
        acceptor_.set_option(asio::ip::v6_only(false), error);
    if (!error) acceptor_.bind(here, error);
    if (!error) acceptor_.listen(backlog, error);
    if (error) return listen_error(host, port, error);
    const auto bound = acceptor_.local_endpoint(error);
    if (error) return listen_error(host, port, error);
    return bound.port();
}

void Listener::start() {
    asio::post(cores_.front()->io(), [this] {
        auto loop = run();
        asio::co_spawn(cores_.front()->io().get_executor(), std::move(loop), asio::detached);
    });
}

void Listener::close() {
    std::promise<void> closed;
    asio::post(cores_.front()->io(), [this, &closed] {
        closed_ = true;
        error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        closed.set_value();
    });
    closed.get_future().wait();
}

void Listener::take(Socket socket, const asio::ip::tcp::endpoint& peer) {
    Core& core = *cores_[next_];
    const Address address = address_of(peer);
    if (core.station().shared.connections.enter(address)) {
        full_ = false;
        next_ = (next_ + 1) % cores_.size();
        core.adopt(std::move(socket), address);
        return;
    }
    refused_.add();
    if (!full_) {
        full_ = true;
        log::warn("http", "connections are refused: a bound is reached",
                  {{"address", peer.address().to_string()},
                   {"connections_open", core.station().shared.connections.open()}});
    }
    // As much as one write takes without waiting; then the socket closes.
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(too_many), ignored);
    socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
}

Task<> Listener::run() {
    bool failing = false;
    while (!closed_) {
        Socket socket(cores_[next_]->io());
        asio::ip::tcp::endpoint peer;
        error_code error;
        auto into = errors_into(error);
        co_await acceptor_.async_accept(socket, peer, into);
        if (!error) {
            failing = false;
            take(std::move(socket), peer);
            continue;
        }
        if (closed_ || error == asio::error::connection_aborted) continue;
        if (!failing) {
            failing = true;
            log::error("http", "cannot accept connections", {{"reason", error.message()}});
        }
        pause_.expires_after(pause_after_failure);
        error_code ignored;
        auto paused = errors_into(ignored);
        co_await pause_.async_wait(paused);
    }
}

}  // namespace ingest::http
