#include "http/stream.h"

#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace ingest::http {

using Next = TlsChannel::Next;

Stream::Stream(Socket socket, SharedTls tls) : socket_(std::move(socket)) {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);  // for write_now() and for the channel
    if (tls) channel_ = std::make_unique<TlsChannel>(std::move(tls), socket_.native_handle());
}

Task<> Stream::wait(Next next, error_code& error) {
    const auto until = next == Next::wait_read ? Socket::wait_read : Socket::wait_write;
    auto into = errors_into(error);
    co_await socket_.async_wait(until, into);
}

Task<bool> Stream::shake_hands() {
    for (;;) {
        const Step step = channel_->handshake();
        if (step.next == Next::done) co_return true;
        if (step.next != Next::wait_read && step.next != Next::wait_write) co_return false;
        error_code error;
        co_await wait(step.next, error);
        if (error) co_return false;
    }
}

std::size_t Stream::read_now(asio::mutable_buffer room, error_code& error) {
    if (!channel_) return socket_.read_some(room, error);
    const Step step = channel_->read(static_cast<char*>(room.data()), room.size());
    if (step.next == Next::done) return step.bytes;
    error = step.next == Next::wait_read || step.next == Next::wait_write
                ? asio::error::would_block
                : error_code(asio::error::eof);
    return 0;
}

Task<std::size_t> Stream::read_secure(asio::mutable_buffer room, error_code& error) {
    for (;;) {
        const Step step = channel_->read(static_cast<char*>(room.data()), room.size());
        if (step.next == Next::done) {
            // The others' turn, as after every operation of the socket.
            const auto executor = socket_.get_executor();
            co_await asio::post(executor, use_task);
            co_return step.bytes;
        }
        if (step.next != Next::wait_read && step.next != Next::wait_write) {
            error = asio::error::eof;
            co_return 0;
        }
        co_await wait(step.next, error);
        if (error) co_return 0;
    }
}

std::size_t Stream::write_now(std::string_view bytes, std::string_view behind, error_code& error) {
    if (!channel_) {
        const std::array all{asio::buffer(bytes), asio::buffer(behind)};
        return socket_.write_some(all, error);
    }
    std::size_t total = 0;
    for (std::string_view part : {bytes, behind}) {
        while (!part.empty()) {
            const Step step = channel_->write(part);
            if (step.next != Next::done) {
                error = step.next == Next::wait_read || step.next == Next::wait_write
                            ? asio::error::would_block
                            : error_code(asio::error::broken_pipe);
                return total;
            }
            total += step.bytes;
            part.remove_prefix(step.bytes);
        }
    }
    return total;
}

Task<> Stream::write(std::string_view bytes, std::string_view behind, error_code& error) {
    if (channel_) {
        co_await write_secure(bytes, behind, error);
        co_return;
    }
    auto into = errors_into(error);
    const std::array rest{asio::buffer(bytes), asio::buffer(behind)};
    co_await asio::async_write(socket_, rest, into);
}

Task<> Stream::write_secure(std::string_view bytes, std::string_view behind, error_code& error) {
    const std::array parts{bytes, behind};
    for (std::string_view part : parts) {
        while (!part.empty()) {
            const Step step = channel_->write(part);
            if (step.next == Next::done) {
                part.remove_prefix(step.bytes);
                continue;
            }
            if (step.next != Next::wait_read && step.next != Next::wait_write) {
                error = asio::error::broken_pipe;
                co_return;
            }
            co_await wait(step.next, error);
            if (error) co_return;
        }
    }
}

void Stream::cancel() noexcept {
    error_code ignored;
    socket_.cancel(ignored);
}

void Stream::finish_writing(error_code& error) noexcept {
    if (channel_) channel_->say_goodbye();
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
}

void Stream::close() noexcept {
    if (channel_) channel_->say_goodbye();
    channel_.reset();
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace ingest::http
