#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <hiredis/hiredis.h>

#include "reply.h"
#include "url.h"

namespace ingest::redis_sink {

// Why a call got nowhere. The connection is of no use afterwards: answers may still be under way.
class Failure : public std::runtime_error {
public:
    Failure(const Verdict& verdict, const std::string& message)
        : std::runtime_error(message), verdict_(&verdict) {}
    const Verdict& verdict() const noexcept { return *verdict_; }  // static

private:
    const Verdict* verdict_;
};

// One open connection, logged in and at its database. Used by one thread, with SIGPIPE blocked:
// hiredis 0.14 sends with plain write(). Every call throws Failure.
class Connection {
public:
    // Connects, AUTH, SELECT. The timeout is for each of these, and for every wait afterwards.
    Connection(const Endpoint& endpoint, std::chrono::milliseconds timeout);

    void set_timeout(std::chrono::milliseconds timeout);
    void ping();
    // Of a list; 0 when there is none.
    int64_t length(std::string_view list);

    // Pipelining: commands in the Redis protocol, then one integer answer for each.
    void append(std::string_view commands);
    int64_t read_integer();

private:
    struct Freed {
        void operator()(redisContext* context) const { redisFree(context); }
        void operator()(redisReply* reply) const { freeReplyObject(reply); }
    };
    using Reply = std::unique_ptr<redisReply, Freed>;

    // Some servers repeat a command's arguments in their errors.
    enum class Arguments { plain, secret };

    void connect_to(const std::string& host, int port);
    void take(redisContext* context);
    void log_in(const Endpoint& endpoint);
    Reply call(std::initializer_list<std::string_view> arguments,
               Arguments secrecy = Arguments::plain);
    Reply read(Arguments secrecy = Arguments::plain);
    [[noreturn]] void fail() const;
    [[noreturn]] void fail(const redisReply& reply, Arguments secrecy) const;

    std::string name_;
    std::chrono::milliseconds timeout_;
    std::unique_ptr<redisContext, Freed> context_;
};

}  // namespace ingest::redis_sink
