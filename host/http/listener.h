#pragma once

#include <future>
#include <memory>
#include <vector>

#include "base/count.h"
#include "base/error.h"
#include "base/uuid.h"
#include "http/core.h"
#include "http/io.h"
#include "http/listening_socket.h"
#include "http/response.h"

namespace ingest::http {

// Accepts connections on the first core's thread and deals them out to all cores in turn. Owned by
// the server; dies after the first core's thread has ended.
class Listener {
public:
    explicit Listener(std::vector<std::unique_ptr<Core>>& cores);
    ~Listener();

    // Before the cores start.
    Result<void> take(ListeningSocket socket);
    void start();  // any thread, once
    // Returns when no connection can be accepted any more. Those in the queue of a socket of our
    // own are accepted first; a socket that was passed to us keeps them for its other owners. Not
    // the first core's thread, which must be running.
    void close();
    std::uint64_t refused() const noexcept { return refused_.value(); }  // any thread

private:
    Task<> run();
    void end();
    void leave();
    void turn_away_new();
    void accept_rest();
    void admit(Socket socket, const asio::ip::tcp::endpoint& peer);
    void log_refusal(Shared& shared, const asio::ip::tcp::endpoint& peer);
    void say_too_many(Socket& socket);

    std::vector<std::unique_ptr<Core>>& cores_;
    Acceptor acceptor_;
    SteadyTimer pause_;
    bool passed_ = false;  // the socket is others' too
    std::size_t next_ = 0;
    bool closed_ = false;
    bool full_ = false;  // refusing at present, for one log line per change
    Count refused_;
    UuidSource ids_;  // of refusals
    DateText date_;
    std::promise<void> ended_;  // run() has returned
    std::shared_future<void> end_ = ended_.get_future().share();
};

}  // namespace ingest::http
