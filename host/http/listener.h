#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "http/core.h"
#include "http/io.h"

namespace ingest::http {

// Accepts connections on the first core's thread and deals them out to all cores in turn. Owned by
// the server; dies after the first core's thread has ended.
class Listener {
public:
    explicit Listener(std::vector<std::unique_ptr<Core>>& cores);

    // Before the cores start.
    Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
    void start();  // any thread, once
    // Returns when no connection can be accepted any more. Not the first core's thread, which must
    // be running.
    void close();
    std::uint64_t refused() const noexcept { return refused_.value(); }  // any thread

private:
    Task<> run();
    void take(Socket socket, const asio::ip::tcp::endpoint& peer);

    std::vector<std::unique_ptr<Core>>& cores_;
    Acceptor acceptor_;
    SteadyTimer pause_;
    std::size_t next_ = 0;
    bool closed_ = false;
    bool full_ = false;  // refusing at present, for one log line per change
    Count refused_;
};

}  // namespace ingest::http
