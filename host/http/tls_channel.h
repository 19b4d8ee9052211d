#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/identity.h"
#include "http/tls_context.h"

struct ssl_st;  // OpenSSL's SSL

namespace ingest::http {

// The server's side of TLS over one connected socket that does not block. Never waits: says what
// to wait for, and is then asked the same again. One thread at a time; the socket outlives it.
//
// What a client can make it hold is bounded: handshake_bytes_max before the handshake is done, a
// record in each direction behind it. What it can make it do in one call is bounded too.
class TlsChannel {
public:
    enum class Next {
        done,
        wait_read,   // until the socket can be read
        wait_write,  // until it can be written
        ended,       // the client has sent its close_notify
        failed,      // failure() says why; nothing but the destructor follows
    };
    struct Step {
        Next next = Next::failed;
        std::size_t bytes = 0;  // read or written, when done
    };

    // What a client may send until the handshake is done: its hello and its certificates.
    static constexpr std::size_t handshake_bytes_max = 64 * 1024;
    // What the channel holds at most, as measured (tests/unit/http/tls_channel_test.cpp).
    static constexpr std::size_t memory_max = 64 * 1024;
    static constexpr std::size_t handshake_memory_max = 192 * 1024;

    // Throws std::bad_alloc.
    TlsChannel(SharedTls context, int socket);
    ~TlsChannel();
    TlsChannel(const TlsChannel&) = delete;
    TlsChannel& operator=(const TlsChannel&) = delete;

    Step handshake();
    // REQUIRES: the handshake is done, `size` is not 0.
    Step read(char* to, std::size_t size);
    // REQUIRES: as read(). After wait_* the same bytes again, wherever they lie, or more.
    Step write(std::string_view bytes);
    // Sends close_notify if that goes without waiting.
    void say_goodbye() noexcept;

    // After a handshake that failed: the client began with what looks like plain HTTP.
    bool spoken_to_plainly() const noexcept;
    const std::string& failure() const noexcept { return failure_; }

    // Who the client's certificate says it is. An error: it has no name that can be used.
    // REQUIRES: the handshake is done.
    Result<Identity> identity() const;

    struct Wire;  // the socket as OpenSSL sees it

private:
    void begin_call() noexcept;
    Step step_of(int result, std::size_t bytes);

    const SharedTls context_;
    const std::unique_ptr<Wire> wire_;
    ssl_st* ssl_ = nullptr;
    bool failed_ = false;
    std::string failure_;
};

}  // namespace ingest::http
