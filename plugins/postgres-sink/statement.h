#pragma once

#include <libpq-fe.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ingest::postgres_sink {

struct ClearResult {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

// One parameter of a statement, borrowed for the call. A text must end with NUL.
struct Parameter {
    const void* bytes;
    std::size_t size;
    bool binary;
};

// The statements that run again and again are sent by libpq, not by libpqxx 6.4, for two reasons.
// When the server goes away during a statement, libpqxx asks the dead connection for its encoding
// before it owns the result: the result is lost, 2.2 kB for each connection (seen with
// LeakSanitizer), and with it the server's reason. And libpqxx copies every parameter.
//
// All throw pqxx::sql_error with the SQLSTATE where there is one, else pqxx::broken_connection.
void prepare_statement(PGconn* connection, const char* name, const std::string& sql);
Result execute_prepared(PGconn* connection, const char* name,
                        std::span<const Parameter> parameters);

// COPY ... FROM STDIN, in this order. After a pqxx::sql_error nothing is stored, and the connection
// can be used again.
void begin_copy(PGconn* connection, const std::string& sql);
void send_copy(PGconn* connection, std::span<const unsigned char> bytes);
void end_copy(PGconn* connection);

}  // namespace ingest::postgres_sink
