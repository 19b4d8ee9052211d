#include "http/listener.h"

#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "base/log.h"
#include "base/time_text.h"
#include "http/error_body.h"

namespace ingest::http {
namespace {

// After a failed accept (no file descriptors left, say): long enough not to spin, short enough not
// to be noticed.
constexpr std::chrono::milliseconds pause_after_failure{100};

constexpr std::string_view too_many = "too many connections";

Address address_of(const asio::ip::tcp::endpoint& peer) {
    const asio::ip::address address = peer.address();
    if (address.is_v6()) return Address::of(address.to_v6().to_bytes());
    const auto mapped = asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
    return Address::of(mapped.to_bytes());
}

}  // namespace

Listener::Listener(std::vector<std::unique_ptr<Core>>& cores)
    : cores_(cores), acceptor_(cores.front()->io()), pause_(cores.front()->io()) {}

Listener::~Listener() { leave(); }

Result<void> Listener::take(ListeningSocket socket) {
    const auto protocol = socket.is_ipv6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
    passed_ = socket.passed();
    error_code error;
    acceptor_.assign(protocol, socket.release(), error);
    if (error) return Error{"cannot accept connections: " + error.message()};
    return {};
}

void Listener::start() {
    asio::post(cores_.front()->io(), [this] {
        auto loop = run();
        asio::co_spawn(cores_.front()->io().get_executor(), std::move(loop),
                       [](const std::exception_ptr& error) {
                           if (error) std::rethrow_exception(error);  // ends the process
                       });
    });
}

void Listener::close() {
    asio::post(cores_.front()->io(), [this] { end(); });
    end_.wait();
}

void Listener::end() {
    if (closed_) return;
    closed_ = true;
    pause_.cancel();
    if (!passed_) {
        turn_away_new();
        accept_rest();
    }
    leave();
}

// Asio's close() counts on the kernel to forget a closed descriptor in its epoll set, which it does
// not while another process has the socket too: release() takes it out.
void Listener::leave() {
    if (!acceptor_.is_open()) return;
    error_code ignored;
    const int descriptor = acceptor_.release(ignored);
    if (!ignored) ::close(descriptor);
}

// Else a client could come between the last accept and the close, and be reset. Its handshake is
// dropped instead: it tries again and finds the port closed, or the next process.
void Listener::turn_away_new() {
    constexpr std::uint32_t flags_at = 13;  // in the TCP header, where a filter's view begins
    constexpr std::uint32_t syn = 0x02;
    std::array<sock_filter, 4> code{{{BPF_LD | BPF_B | BPF_ABS, 0, 0, flags_at},
                                     {BPF_JMP | BPF_JSET | BPF_K, 0, 1, syn},
                                     {BPF_RET | BPF_K, 0, 0, 0},
                                     {BPF_RET | BPF_K, 0, 0, 0xFFFF'FFFF}}};
    const sock_fprog program{code.size(), code.data()};
    // Where it is not permitted, that moment remains.
    (void)::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program,
                       sizeof program);
}

void Listener::accept_rest() {
    error_code error;
    acceptor_.non_blocking(true, error);
    while (!error) {
        Socket socket(cores_[next_]->io());
        asio::ip::tcp::endpoint peer;
        acceptor_.accept(socket, peer, error);
        if (!error) admit(std::move(socket), peer);
        if (error == asio::error::connection_aborted) error.clear();
    }
}

void Listener::admit(Socket socket, const asio::ip::tcp::endpoint& peer) {
    Core& core = *cores_[next_];
    const Address address = address_of(peer);
    if (core.station().shared.connections.enter(address)) {
        full_ = false;
        next_ = (next_ + 1) % cores_.size();
        core.adopt(std::move(socket), address);
        return;
    }
    refused_.add();
    log_refusal(core.station().shared, peer);
    if (core.station().shared.tls.get()) return;  // it would understand nothing before a handshake
    say_too_many(socket);
}

// One line per change, and no more than so many of those either: a client at its bound makes
// changes as it likes.
void Listener::log_refusal(Shared& shared, const asio::ip::tcp::endpoint& peer) {
    if (std::exchange(full_, true)) return;
    const auto suppressed = shared.connection_lines.take(monotonic_ns() / 1'000'000);
    if (!suppressed) return;
    log::warn("http", "connections are refused: a bound is reached",
              {{"address", peer.address().to_string()},
               {"connections_open", shared.connections.open()},
               {"lines_suppressed", *suppressed}});
}

// As much as one write takes without waiting; then the socket closes.
void Listener::say_too_many(Socket& socket) {
    const std::int64_t now = now_us();
    std::string id;
    append_text(id, ids_.next(now / 1000));
    std::string body;
    append_error(body, 503, too_many, {id, now});
    Response response;
    response.status = 503;
    response.body = body;
    response.request_id = id;
    response.date = date_.at(now);
    response.retry_after_s = 1;
    response.keep_alive = false;
    std::string wire;
    append_response(wire, response);
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(wire), ignored);
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
            admit(std::move(socket), peer);
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
    ended_.set_value();
}

}  // namespace ingest::http
