#include "connection.h"

#include <cerrno>
#include <new>
#include <vector>

#include <ingest/plugin/status.h>
#include <ingest/sdk/destination.hpp>

namespace ingest::redis_sink {

namespace {

constexpr Verdict unreachable{INGEST_RETRY, "the server cannot be reached"};
constexpr Verdict forbidden{INGEST_FATAL, sdk::link_local_refused};
constexpr Verdict silent{INGEST_RETRY, "the server does not answer in time"};
constexpr Verdict lost{INGEST_RETRY, "the connection to the server was lost"};
constexpr Verdict strange{INGEST_RETRY, "the server gave an answer that makes no sense"};

timeval to_timeval(std::chrono::milliseconds time) {
    return {static_cast<time_t>(time.count() / 1000),
            static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

}  // namespace

Connection::Connection(const Endpoint& endpoint, std::chrono::milliseconds timeout)
    : name_(endpoint.name()), timeout_(timeout) {
    if (endpoint.host.empty()) {
        take(redisConnectUnixWithTimeout(endpoint.socket.c_str(), to_timeval(timeout)));
    } else {
        connect_to(endpoint.host, endpoint.port);
    }
    if (context_->err != 0) {
        throw Failure(unreachable, "cannot connect to " + name_ + ": " + context_->errstr);
    }
    // A peer that vanished without a word is found out while nothing is sent, too.
    if (!endpoint.host.empty()) redisEnableKeepAlive(context_.get());
    set_timeout(timeout);
    log_in(endpoint);
}

// To the addresses that were looked at, not to the name, which could have others by then.
void Connection::connect_to(const std::string& host, int port) {
    const sdk::Destination found = sdk::resolve(host);
    if (found.addresses.empty()) {
        throw Failure(found.refused ? forbidden : unreachable,
                      "cannot connect to " + name_ + ": " + found.failure);
    }
    for (const std::string& address : found.addresses) {
        take(redisConnectWithTimeout(address.c_str(), port, to_timeval(timeout_)));
        if (context_->err == 0) return;
    }
}

void Connection::take(redisContext* context) {
    context_.reset(context);
    if (!context_) throw std::bad_alloc();
}

void Connection::log_in(const Endpoint& endpoint) {
    if (!endpoint.user.empty()) {
        call({"AUTH", endpoint.user, endpoint.password}, Arguments::secret);
    } else if (!endpoint.password.empty()) {
        call({"AUTH", endpoint.password}, Arguments::secret);
    }
    if (endpoint.database != 0) call({"SELECT", std::to_string(endpoint.database)});
}

void Connection::set_timeout(std::chrono::milliseconds timeout) {
    timeout_ = timeout;
    if (redisSetTimeout(context_.get(), to_timeval(timeout)) != REDIS_OK) fail();
}

void Connection::ping() { call({"PING"}); }

int64_t Connection::length(std::string_view list) {
    const Reply reply = call({"LLEN", list});
    return reply->integer;
}

void Connection::append(std::string_view commands) {
    if (redisAppendFormattedCommand(context_.get(), commands.data(), commands.size()) != REDIS_OK) {
        fail();
    }
}

int64_t Connection::read_integer() {
    const Reply reply = read();
    if (reply->type != REDIS_REPLY_INTEGER) {
        throw Failure(strange, name_ + " gave no number in answer to LPUSH: is this Redis?");
    }
    return reply->integer;
}

Connection::Reply Connection::call(std::initializer_list<std::string_view> arguments,
                                   Arguments secrecy) {
    std::vector<const char*> texts;
    std::vector<size_t> sizes;
    for (const std::string_view argument : arguments) {
        texts.push_back(argument.data());
        sizes.push_back(argument.size());
    }
    const int count = static_cast<int>(texts.size());
    if (redisAppendCommandArgv(context_.get(), count, texts.data(), sizes.data()) != REDIS_OK) {
        fail();
    }
    return read(secrecy);
}

Connection::Reply Connection::read(Arguments secrecy) {
    void* answer = nullptr;
    errno = 0;
    if (redisGetReply(context_.get(), &answer) != REDIS_OK) fail();
    Reply reply(static_cast<redisReply*>(answer));
    if (!reply) throw Failure(strange, name_ + " gave no answer");
    if (reply->type == REDIS_REPLY_ERROR) fail(*reply, secrecy);
    return reply;
}

void Connection::fail(const redisReply& reply, Arguments secrecy) const {
    const std::string_view error(reply.str, reply.len);
    const Verdict& verdict = judge(error);
    constexpr size_t length_max = 160;
    // That one goes on with the arguments: those of LPUSH are readings.
    const bool repeats = error.starts_with("ERR unknown command");
    const auto told =
        repeats || secrecy == Arguments::secret ? code_word(error) : error.substr(0, length_max);
    throw Failure(verdict,
                  name_ + ": " + std::string(verdict.text) + " (" + std::string(told) + ")");
}

void Connection::fail() const {
    if (context_->err == REDIS_ERR_OOM) throw std::bad_alloc();
    // An expired SO_RCVTIMEO or SO_SNDTIMEO of a blocking socket.
    if (context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        throw Failure(silent,
                      name_ + " did not answer within " + std::to_string(timeout_.count()) + " ms");
    }
    if (context_->err == REDIS_ERR_PROTOCOL) {
        throw Failure(strange, name_ + " does not speak the Redis protocol: " + context_->errstr);
    }
    throw Failure(lost, "lost the connection to " + name_ + ": " + context_->errstr);
}

}  // namespace ingest::redis_sink
