#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "http/address.h"
#include "http/body_pace.h"
#include "http/chunked.h"
#include "http/core.h"
#include "http/exchange.h"
#include "http/head.h"
#include "http/io.h"
#include "http/stream.h"

namespace ingest::http {

// Bytes of a connection that were received and not used yet: enough room for the largest head.
class Input {
public:
    explicit Input(std::size_t capacity)
        : bytes_(std::make_unique_for_overwrite<char[]>(capacity)), capacity_(capacity) {}

    std::string_view view() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }
    bool empty() const noexcept { return begin_ == end_; }
    void consume(std::size_t count) noexcept {
        begin_ += count;
        if (begin_ == end_) begin_ = end_ = 0;
    }
    // Room behind what is there; moves that to the front if need be.
    asio::mutable_buffer free() noexcept;
    void grow(std::size_t count) noexcept { end_ += count; }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

// One connection: reads requests, has an Exchange work on each, writes answers, in order. Lives in
// the frame of the coroutine serve(), on its core's thread, and ends with the connection.
class Session {
public:
    Session(Core& core, Socket socket, const Address& peer);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    Task<> run();

    // Nothing is under way; then deadline() is when idle_timeout ends it.
    bool idle() const noexcept { return phase_ == Phase::idle; }
    std::chrono::steady_clock::time_point deadline() const noexcept { return deadline_; }

    // From the core. Each makes what the session waits for end soon, never within the call.
    void check_deadline(std::chrono::steady_clock::time_point now);
    void close_if_idle();
    void cut();
    // Others want to shake hands too, and it has been at it for longer than they have.
    void give_way();

private:
    enum class Phase { handshake, idle, head, body, waiting, writing, lingering };

    void enter(Phase phase);
    void cancel();

    Task<bool> shake_hands();
    Task<> refuse_handshake();
    Task<bool> receive_head();
    Task<bool> receive();
    bool receive_now();
    Task<bool> receive_body();
    Task<bool> receive_sized();
    Task<bool> receive_chunked();
    Task<bool> skip(std::uint64_t count);
    Task<bool> exchange(Exchange::Next next);
    Task<bool> answer();
    Task<bool> write(std::string_view bytes, std::string_view behind = {});
    Task<bool> write_rest(std::string_view bytes, std::string_view behind);
    Task<> linger();

    Core& core_;
    Stream stream_;
    const Address peer_;

    Input input_;
    HeadScanner scanner_;
    ChunkedDecoder chunks_;
    Exchange exchange_;
    AckReceipt ack_;
    LatestReceipt latest_;

    Phase phase_ = Phase::idle;
    std::chrono::steady_clock::time_point phase_begin_;
    std::chrono::steady_clock::time_point deadline_;
    std::size_t body_received_ = 0;
    BodyPace pace_;
    bool expired_ = false;  // the deadline passed
    bool cut_ = false;      // no more I/O

    // Last, so that the core never knows one that could not be made.
    std::list<Session*>::iterator place_;
};

// The coroutine of a connection.
Task<> serve(Core& core, Socket socket, Address peer);

}  // namespace ingest::http
