#include "http/session.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>

#include "base/log.h"
#include "base/out_of_memory.h"

namespace ingest::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

// Beyond write_timeout a client may take this many bytes a second: documentation pages are large.
constexpr std::size_t write_rate_min = 16 * 1024;

// What a client may still send behind its last answer before it is cut off: a body far too large
// that it sends whole before it reads, as most clients do.
constexpr std::size_t linger_bytes_max = 16 * 1024 * 1024;

std::size_t input_capacity(const Limits& limits) {
    constexpr std::size_t line_ends = 16;
    return std::max<std::size_t>(16 * 1024,
                                 limits.request_line_max + limits.headers_max + line_ends);
}

HeadScanner::Options scanner_options(const Limits& limits) {
    return {.request_line_max = limits.request_line_max,
            .headers_max = limits.headers_max,
            .fields_max = limits.fields_max};
}

}  // namespace

asio::mutable_buffer Input::free() noexcept {
    if (end_ == capacity_ && begin_ != 0) {
        std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    return {bytes_.get() + end_, capacity_ - end_};
}

Session::Session(Core& core, Socket socket, const Address& peer)
    : core_(core),
      stream_(std::move(socket), core.station().shared.tls.get()),
      peer_(peer),
      input_(input_capacity(core.limits())),
      scanner_(scanner_options(core.limits())),
      exchange_(core.station(), peer),
      place_(core.enter(*this)) {}

Session::~Session() {
    stream_.close();
    core_.leave(place_, peer_);
}

// True when requests may follow.
Task<bool> Session::shake_hands() {
    enter(Phase::handshake);
    core_.enter_handshake(*this);
    const bool shaken = co_await stream_.shake_hands();
    core_.leave_handshake(*this);
    if (cut_) co_return false;
    if (shaken) {
        Result<Identity> identity = stream_.channel().identity();
        if (identity) {
            exchange_.identify(std::move(*identity));
            co_return true;
        }
        core_.log_handshake(peer_, identity.error().message);
        co_return false;
    }
    if (expired_) {
        core_.station().counts.timeouts.add();
        core_.log_handshake(peer_, "the client took too long");
        co_return false;
    }
    co_await refuse_handshake();
    co_return false;
}

// The client has been told why, by an alert or by what is said here; it gets the time to read it.
Task<> Session::refuse_handshake() {
    core_.log_handshake(peer_, stream_.channel().failure());
    const bool plain = stream_.channel().spoken_to_plainly();
    stream_.go_on_plainly();
    if (plain) {
        exchange_.fail({400, "this port speaks TLS: begin the address with https://"});
        const bool answered = co_await answer();
        exchange_.finish();
        if (!answered) co_return;
    }
    co_await linger();
}

// More bytes into the input; false when none will come (the client is gone or too slow).
Task<bool> Session::receive() {
    error_code error;
    const asio::mutable_buffer room = input_.free();
    const std::size_t count = co_await stream_.read(room, error);
    if (error || cut_) co_return false;
    input_.grow(count);
    co_return true;
}

// What is there already.
bool Session::receive_now() {
    error_code error;
    const asio::mutable_buffer room = input_.free();
    const std::size_t count = stream_.read_now(room, error);
    if (error) return false;
    input_.grow(count);
    return true;
}

// True when there is something to answer, which may be a bad head.
Task<bool> Session::receive_head() {
    scanner_.reset();
    enter(input_.empty() ? Phase::idle : Phase::head);
    while (scanner_.scan(input_.view()) == HeadScanner::State::more) {
        if (cut_) co_return false;
        bool received = false;
        if (phase_ != Phase::idle || !core_.closes_idle()) {
            const bool in_time = co_await receive();
            received = in_time;
        }
        // A request may have come while the wait for it was ended.
        if (!received && phase_ == Phase::idle && !cut_) received = receive_now();
        if (!received) {
            if (expired_ && phase_ == Phase::idle) core_.station().counts.timeouts.add();
            co_return expired_ && !cut_ && phase_ == Phase::head;
        }
        if (phase_ == Phase::idle) enter(Phase::head);
    }
    co_return true;
}

// True also when there is an answer instead: no room.
Task<bool> Session::receive_sized() {
    Body& body = exchange_.body();
    const auto length = static_cast<std::size_t>(exchange_.framing().length);
    const std::string_view here = input_.view().substr(0, length);
    if (!exchange_.make_room(here.size())) co_return true;
    body.append(here);
    input_.consume(here.size());
    body_received_ = body.size();
    while (body.size() < length) {
        if (!exchange_.make_room(body.size() + 1)) co_return true;
        error_code error;
        const asio::mutable_buffer room(body.free(),
                                        std::min(length, exchange_.room()) - body.size());
        const std::size_t count = co_await stream_.read(room, error);
        if (error || cut_) co_return false;
        body.grow(count);
        body_received_ = body.size();
    }
    co_return true;
}

// True also when there is an answer instead: a bad chunk, or no room.
Task<bool> Session::receive_chunked() {
    chunks_.reset();
    for (;;) {
        const ChunkedDecoder::Step step = chunks_.next(input_.view());
        if (step.state == ChunkedDecoder::State::data) {
            if (!exchange_.make_room(exchange_.body().size() + step.data.size())) co_return true;
            exchange_.body().append(step.data);
        }
        input_.consume(step.consumed);
        body_received_ += step.consumed;
        if (step.state == ChunkedDecoder::State::done) co_return true;
        if (step.state == ChunkedDecoder::State::bad) {
            exchange_.fail({400, "the chunked coding of the body is malformed"});
            co_return true;
        }
        if (step.state == ChunkedDecoder::State::data) continue;
        const bool received = co_await receive();
        if (!received) co_return false;
    }
}

// False when the connection ended; a client that is too slow gets an answer.
Task<bool> Session::receive_body() {
    enter(Phase::body);
    if (exchange_.framing().expects_continue && input_.empty()) {
        const bool written = co_await write(go_on);
        if (!written) co_return false;
        enter(Phase::body);
    }
    bool received = true;
    if (exchange_.framing().body == Framing::Body::sized) {
        received = co_await receive_sized();
    } else if (exchange_.framing().body == Framing::Body::chunked) {
        received = co_await receive_chunked();
    }
    if (!received && expired_ && !cut_) {
        exchange_.fail({408, "the body did not arrive in time"});
        co_return true;
    }
    co_return received;
}

// Reads over the body of a request that was answered without it.
Task<bool> Session::skip(std::uint64_t count) {
    enter(Phase::body);
    while (count > 0) {
        if (input_.empty()) {
            const bool received = co_await receive();
            if (!received) co_return false;
        }
        const std::size_t here = std::min<std::uint64_t>(count, input_.view().size());
        input_.consume(here);
        body_received_ += here;
        count -= here;
    }
    co_return true;
}

// From what `next` says to the answer on its way. False when the connection ended.
Task<bool> Session::exchange(Exchange::Next next) {
    if (next == Exchange::Next::read_body) {
        const bool received = co_await receive_body();
        if (!received) co_return false;
        next = exchange_.failed() ? Exchange::Next::answer : exchange_.take_body();
    }
    if (cut_) co_return false;
    if (next == Exchange::Next::await_ack) {
        enter(Phase::waiting);
        core_.join_group(ack_);
        co_await ack_.wait();
        exchange_.set_ack(cut_ ? std::nullopt : std::optional(ack_.ack));
        if (cut_) co_return false;
    } else if (next == Exchange::Next::ask_latest) {
        enter(Phase::waiting);
        core_.ask_latest(exchange_.equipment_id(), exchange_.limit(), latest_);
        co_await latest_.wait();
        if (cut_) co_return false;
        exchange_.set_latest(std::exchange(latest_.answer, LatestAnswer()));
    }
    const bool answered = co_await answer();
    co_return answered;
}

Task<bool> Session::answer() {
    std::string& wire = core_.station().wire;
    wire.clear();
    const std::string_view behind = exchange_.render(wire, input_.view().size());
    const bool written = co_await write(wire, behind);
    co_return written;
}

// Tries at once, which nearly always is enough.
Task<bool> Session::write(std::string_view bytes, std::string_view behind) {
    error_code error;
    const std::size_t count = stream_.write_now(bytes, behind, error);
    if (error && error != asio::error::would_block && error != asio::error::try_again)
        co_return false;
    if (count == bytes.size() + behind.size()) co_return true;
    const std::size_t first = std::min(count, bytes.size());
    bytes.remove_prefix(first);
    behind.remove_prefix(count - first);
    const bool written = co_await write_rest(bytes, behind);
    co_return written;
}

// Copies `bytes`, because they may be the core's scratch; the exchange has room for them, and its
// terms hold `behind`.
Task<bool> Session::write_rest(std::string_view bytes, std::string_view behind) {
    enter(Phase::writing);
    deadline_ += std::chrono::seconds((bytes.size() + behind.size()) / write_rate_min);
    const std::string copy(bytes);
    const std::string_view rest = copy;
    error_code error;
    co_await stream_.write(rest, behind, error);
    if (expired_ && error) core_.station().counts.timeouts.add();
    co_return !error && !cut_;
}

// A close with unread bytes makes the kernel send a reset, which can overtake the answer. So: no
// more from us, and a short while of reading over what the client still sends.
Task<> Session::linger() {
    error_code error;
    stream_.finish_writing(error);
    if (error) co_return;
    enter(Phase::lingering);
    const Clock::time_point end = phase_begin_ + core_.limits().linger_timeout_max;
    std::size_t total = 0;
    while (!error && !cut_ && total < linger_bytes_max) {
        input_.consume(input_.view().size());
        const asio::mutable_buffer room = input_.free();
        const std::size_t count = co_await stream_.read(room, error);
        total += count;
        deadline_ = std::min(end, Clock::now() + core_.limits().linger_timeout);
    }
}

Task<> Session::run() {
    if (stream_.is_secure()) {
        const bool shaken = co_await shake_hands();
        if (!shaken) co_return;
    }
    for (;;) {
        const bool begun = co_await receive_head();
        if (!begun) co_return;
        Exchange::Next next = Exchange::Next::answer;
        if (expired_) {
            next = exchange_.fail({408, "the head of the request did not arrive in time"});
        } else if (scanner_.scan(input_.view()) == HeadScanner::State::rejected) {
            next = exchange_.fail(scanner_.rejection());
        } else {
            const std::size_t begin = scanner_.begin();
            next = exchange_.open(input_.view().substr(begin, scanner_.end() - begin));
            input_.consume(scanner_.end());
        }
        const bool answered = co_await exchange(next);
        if (!answered) co_return;
        if (!exchange_.keep_alive()) break;
        const std::uint64_t unread = exchange_.unread();
        exchange_.finish();
        if (unread > 0) {
            const bool skipped = co_await skip(unread);
            if (!skipped) co_return;
        }
        if (!input_.view().empty()) {  // pipelined: the others' turn first
            const auto executor = core_.io().get_executor();
            co_await asio::post(executor, use_task);
        }
    }
    exchange_.finish();
    co_await linger();
}

Task<> serve(Core& core, Socket socket, Address peer) {
    std::optional<Session> session;
    try {
        session.emplace(core, std::move(socket), peer);
        co_await session->run();
    } catch (const std::bad_alloc&) {
        end_out_of_memory();  // others may be waiting for what it was in the middle of
    } catch (const std::exception& e) {
        log::error("http", "a connection was given up", {{"reason", e.what()}});
    }
    if (!session) core.station().shared.connections.leave(peer);
}

}  // namespace ingest::http
