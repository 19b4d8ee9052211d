#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ingest::redis_sink {

// One variadic LPUSH in the making, as the bytes of the Redis protocol:
//
//   *N \r\n $5 \r\n LPUSH \r\n $len \r\n queue \r\n { $len \r\n message \r\n }
//
// Later arguments end nearer to the list's head, so consumers that BRPOP get them in order.
class Push {
public:
    // A command has at most so many messages, and takes none once it has so many bytes: a server
    // is never kept busy for long, and its limits on a command stay far away.
    static constexpr std::size_t messages_max = 256;
    static constexpr std::size_t bytes_full = 256 * 1024;

    explicit Push(std::string_view queue);

    void add(std::string_view message);
    bool empty() const noexcept { return messages_ == 0; }
    bool full() const noexcept {
        return messages_ == messages_max || messages_bytes_.size() >= bytes_full;
    }
    // Appends the command to `out` and begins the next one.
    void take(std::string& out);

private:
    std::string lead_;  // from the command's name to the queue's
    std::string messages_bytes_;
    std::size_t messages_ = 0;
};

}  // namespace ingest::redis_sink
