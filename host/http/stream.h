#pragma once

#include <memory>
#include <string_view>

#include "http/io.h"
#include "http/tls_channel.h"

namespace ingest::http {

// The bytes of one connection: a socket, and TLS over it where the server has it. Without TLS every
// call is the socket's own, behind one branch. On its core's thread.
class Stream {
public:
    // `tls` null: plain.
    Stream(Socket socket, SharedTls tls);
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    bool is_secure() const noexcept { return channel_ != nullptr; }
    // Of a secure stream, before everything else. False: `channel` says why.
    Task<bool> shake_hands();
    const TlsChannel& channel() const noexcept { return *channel_; }
    // After a handshake that failed: from here on the socket's own bytes.
    void go_on_plainly() noexcept { channel_.reset(); }

    // As the socket's: a few bytes at least, or an error.
    Task<std::size_t> read(asio::mutable_buffer room, error_code& error) {
        if (channel_) return read_secure(room, error);
        auto into = errors_into(error);
        return socket_.async_read_some(room, into);
    }
    // What is there already.
    std::size_t read_now(asio::mutable_buffer room, error_code& error);
    // As much of `bytes` and then `behind` as goes without waiting.
    std::size_t write_now(std::string_view bytes, std::string_view behind, error_code& error);
    // All of both, which is what write_now() left.
    Task<> write(std::string_view bytes, std::string_view behind, error_code& error);

    // What is waited for ends with an error.
    void cancel() noexcept;
    // Tells the client that no more comes; does not wait.
    void finish_writing(error_code& error) noexcept;
    // Says so to the client if that goes without waiting.
    void close() noexcept;

private:
    using Step = TlsChannel::Step;
    Task<std::size_t> read_secure(asio::mutable_buffer room, error_code& error);
    Task<> write_secure(std::string_view bytes, std::string_view behind, error_code& error);
    Task<> wait(TlsChannel::Next next, error_code& error);

    Socket socket_;
    std::unique_ptr<TlsChannel> channel_;
};

}  // namespace ingest::http
