#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <optional>
#include <string>

#include <ingest/sdk/sink.hpp>
#include <pqxx/pqxx>

#include "postgres-sink/options.h"
#include "postgres-sink/watchdog.h"

namespace ingest::postgres_sink {

// How libpqxx connects here: as it does by itself, but with the SQLSTATE of a server that refuses.
class ConnectWithReason : public pqxx::connectionpolicy {
public:
    explicit ConnectWithReason(const std::string& conninfo) : connectionpolicy(conninfo) {}
    PGconn* opened() const noexcept { return opened_; }
    // Throws pqxx::sql_error when the server gave a reason, else pqxx::broken_connection.
    handle do_startconnect(handle existing) override;

private:
    PGconn* opened_ = nullptr;  // owned by libpqxx's connection
};

// libpqxx's connection with libpq's handle. The handle stays the same, because nothing reconnects.
class ServerConnection : public pqxx::connection_base {
public:
    explicit ServerConnection(const std::string& conninfo)
        : connection_base(policy_), policy_(conninfo) {
        init();
    }
    ~ServerConnection() { close(); }
    ServerConnection(const ServerConnection&) = delete;
    ServerConnection& operator=(const ServerConnection&) = delete;

    PGconn* handle() const noexcept { return policy_.opened(); }

private:
    ConnectWithReason policy_;
};

// An open connection whose calls are bounded in time. Owned by one instance, used on its thread;
// it is dropped after a failure and never reconnects by itself.
class Connection {
public:
    // Connects; blocks up to `connect_limit` for each address of the server. Throws what pqxx
    // throws.
    Connection(const Options& options, std::chrono::nanoseconds connect_limit);

    pqxx::connection_base& pqxx() noexcept { return connection_; }
    PGconn* handle() noexcept { return connection_.handle(); }
    bool timed_out() const noexcept { return watchdog_.fired(); }
    // "PostgreSQL 15.8, database sensors on db.example:5432"
    std::string description();

    // Bounds everything done on the connection while it lives.
    class Bound {
    public:
        Bound(Connection& connection, std::chrono::nanoseconds limit) noexcept
            : watchdog_(connection.watchdog_) {
            watchdog_.arm(limit);
        }
        ~Bound() { watchdog_.disarm(); }
        Bound(const Bound&) = delete;
        Bound& operator=(const Bound&) = delete;

    private:
        Watchdog& watchdog_;
    };

private:
    ServerConnection connection_;
    Watchdog watchdog_;
};

// A connection to be, or an open one: made when it is first asked for, dropped when it failed.
// Knows the bounds: of connecting, of a statement, and of the caller's deadline.
class LazyConnection {
public:
    LazyConnection(const Options& options, const sdk::Host& host)
        : options_(options), host_(host) {}

    // Time left until `deadline_ns` (0 = none), at most what a statement may take. Throws
    // sdk::Error (TIMEOUT) when nothing is left.
    std::chrono::nanoseconds time_left(std::int64_t deadline_ns) const;
    // Opens it if need be. True when it is a new one.
    bool open(std::int64_t deadline_ns);
    Connection& get() noexcept { return *connection_; }
    bool timed_out() const noexcept { return connection_ && connection_->timed_out(); }
    void drop() noexcept { connection_.reset(); }

private:
    const Options& options_;
    sdk::Host host_;
    std::optional<Connection> connection_;
};

}  // namespace ingest::postgres_sink
