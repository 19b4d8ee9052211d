#include "http/listening_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include <boost/asio/ip/v6_only.hpp>

#include "http/io.h"

namespace ingest::http {
namespace {

constexpr int backlog = 1024;

Error listen_error(const std::string& host, std::uint16_t port, const error_code& error) {
    std::string message = "cannot listen on " + host + " port " + std::to_string(port) + ": ";
    if (error == asio::error::address_in_use) {
        message += "the port is in use; stop the process that has it or set another port";
    } else if (error == asio::error::access_denied) {
        message += "not permitted; use a port from 1024 up, or give it CAP_NET_BIND_SERVICE";
    } else if (error == std::errc::address_not_available) {
        message += "this machine does not have that address; use 0.0.0.0 for all it has";
    } else {
        message += error.message();
    }
    return {std::move(message)};
}

// -1 when the descriptor is no socket.
int option_of(int descriptor, int option) noexcept {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

ListeningSocket::~ListeningSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<ListeningSocket> ListeningSocket::bind(const std::string& host, std::uint16_t port) {
    error_code error;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error) {
        return Error{"cannot listen on '" + host +
                     "': not an address; write one like 0.0.0.0, 127.0.0.1 or ::"};
    }
    asio::io_context io{1};
    Acceptor acceptor(io);
    const asio::ip::tcp::endpoint here(address, port);
    acceptor.open(here.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error && address.is_v6() && address.is_unspecified())
        acceptor.set_option(asio::ip::v6_only(false), error);
    if (!error) acceptor.bind(here, error);
    if (!error) acceptor.listen(backlog, error);
    if (error) return listen_error(host, port, error);
    ListeningSocket socket(acceptor.release(error), false);
    if (const auto known = socket.learn_address(); !known) return known.error();
    return socket;
}

Result<ListeningSocket> ListeningSocket::adopt(int descriptor) {
    ListeningSocket socket(descriptor, true);
    if (option_of(descriptor, SO_TYPE) != SOCK_STREAM ||
        option_of(descriptor, SO_ACCEPTCONN) != 1) {
        return Error{"the descriptor " + std::to_string(descriptor) +
                     " that was passed (LISTEN_FDS) is not a listening stream socket"};
    }
    if (const auto known = socket.learn_address(); !known) return known.error();
    return socket;
}

Result<void> ListeningSocket::learn_address() {
    sockaddr_storage here{};
    socklen_t size = sizeof here;
    if (::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
        return os_error("cannot ask where a socket listens", errno);
    }
    char text[INET6_ADDRSTRLEN] = {};
    if (here.ss_family == AF_INET) {
        const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(here);
        ::inet_ntop(AF_INET, &ipv4.sin_addr, text, sizeof text);
        port_ = ntohs(ipv4.sin_port);
    } else if (here.ss_family == AF_INET6) {
        const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(here);
        ::inet_ntop(AF_INET6, &ipv6.sin6_addr, text, sizeof text);
        port_ = ntohs(ipv6.sin6_port);
    } else {
        return Error{"the socket that was passed (LISTEN_FDS) is not a TCP socket"};
    }
    host_ = text;
    return {};
}

}  // namespace ingest::http
