#include "postgres-sink/connection.h"

#include <algorithm>

#include "postgres-sink/destination.h"

namespace ingest::postgres_sink {
namespace {

// How much longer than the server we wait: it answers a statement that ran out of time itself,
// which says more than a cut connection.
constexpr std::chrono::seconds answer_margin{5};

// A server's own message ends in "FATAL:  28P01" at this verbosity; what libpq says itself has no
// such part. The severity may be translated, the two blanks are not.
std::string_view find_sqlstate(std::string_view message) noexcept {
    constexpr std::string_view mark = ":  ";
    const std::size_t at = message.rfind(mark);
    if (at == std::string_view::npos) return {};
    const std::string_view state = message.substr(at + mark.size(), 5);
    const bool sound = std::ranges::all_of(
        state, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
    return sound && state.size() == 5 ? state : std::string_view{};
}

std::string with_limit(const std::string& conninfo, std::chrono::nanoseconds limit) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(limit).count();
    return conninfo + "connect_timeout=" + std::to_string(std::max<std::int64_t>(seconds, 2));
}

// An outage may break the connection at any time; libpqxx would then connect again in the middle
// of a call, with the session's settings lost and the time unbounded. The function that forbids
// it is deprecated only because its next version has no automatic reconnection to forbid.
void forbid_reconnecting(pqxx::connection_base& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

}  // namespace

// libpq itself, because libpqxx keeps only the text of a failed connection, in the server's
// language, and libpq shows its SQLSTATE only where the verbosity asks for it before connecting.
// So when a server answered with a refusal, we ask once more to learn the code.
ConnectWithReason::handle ConnectWithReason::do_startconnect(handle existing) {
    if (existing != nullptr) return existing;
    PGconn* connection = PQconnectdb(options().c_str());
    if (connection == nullptr) throw std::bad_alloc();
    if (PQstatus(connection) == CONNECTION_OK) return opened_ = connection;
    const std::string message = PQerrorMessage(connection);
    std::string sqlstate;
    if (PQconnectionNeedsPassword(connection) != 0) {
        sqlstate = "28P01";  // libpq gives up by itself when the URL has no password
    } else if (message.find(":  ") != std::string::npos) {
        PQsetErrorVerbosity(connection, PQERRORS_SQLSTATE);
        PQreset(connection);
        // It may have come up in between.
        if (PQstatus(connection) == CONNECTION_OK) return opened_ = connection;
        sqlstate = find_sqlstate(PQerrorMessage(connection));
    }
    PQfinish(connection);
    if (!sqlstate.empty()) throw pqxx::sql_error(message, "", sqlstate.c_str());
    throw pqxx::broken_connection(message);
}

Connection::Connection(const Options& options, std::chrono::nanoseconds connect_limit)
    : connection_(with_limit(with_addresses(options.conninfo), connect_limit)),
      watchdog_(connection_.sock()) {
    forbid_reconnecting(connection_);
    connection_.set_verbosity(pqxx::connection_base::terse);
}

std::string Connection::description() {
    const int version = connection_.server_version();
    const char* host = connection_.hostname();
    const char* port = connection_.port();
    const char* database = connection_.dbname();
    return "PostgreSQL " + std::to_string(version / 10000) + "." + std::to_string(version % 10000) +
           ", database " + (database != nullptr ? database : "?") + " on " +
           (host != nullptr ? host : "?") + ":" + (port != nullptr ? port : "?");
}

std::chrono::nanoseconds LazyConnection::time_left(std::int64_t deadline_ns) const {
    const std::chrono::nanoseconds most = options_.statement_timeout + answer_margin;
    if (deadline_ns == 0) return most;
    const std::chrono::nanoseconds left(deadline_ns - host_.now_ns());
    if (left.count() <= 0) throw sdk::Error(INGEST_TIMEOUT, "the deadline passed");
    return std::min(left, most);
}

bool LazyConnection::open(std::int64_t deadline_ns) {
    if (connection_) return false;
    const std::chrono::nanoseconds limit =
        std::min<std::chrono::nanoseconds>(options_.connect_timeout, time_left(deadline_ns));
    connection_.emplace(options_, limit);
    const Connection::Bound bound(*connection_, time_left(deadline_ns));
    pqxx::nontransaction session(connection_->pqxx());
    const std::chrono::milliseconds statement = options_.statement_timeout;
    session.exec("SET statement_timeout = " + std::to_string(statement.count()));
    return true;
}

}  // namespace ingest::postgres_sink
