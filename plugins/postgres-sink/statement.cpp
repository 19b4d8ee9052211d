#include "postgres-sink/statement.h"

#include <pqxx/pqxx>

#include <algorithm>
#include <limits>
#include <new>
#include <vector>

#include <ingest/sdk/sink.hpp>

namespace ingest::postgres_sink {
namespace {

Result checked(PGconn* connection, PGresult* raw) {
    Result result(raw);
    if (!result) {
        if (PQstatus(connection) != CONNECTION_OK) {
            throw pqxx::broken_connection(PQerrorMessage(connection));
        }
        throw std::bad_alloc();
    }
    const ExecStatusType status = PQresultStatus(raw);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN) {
        return result;
    }
    const char* sqlstate = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
    const char* message = PQresultErrorMessage(raw);
    if (sqlstate != nullptr) throw pqxx::sql_error(message, "", sqlstate);
    throw pqxx::broken_connection(message);
}

}  // namespace

void prepare_statement(PGconn* connection, const char* name, const std::string& sql) {
    checked(connection, PQprepare(connection, name, sql.c_str(), 0, nullptr));
}

Result execute_prepared(PGconn* connection, const char* name,
                        std::span<const Parameter> parameters) {
    std::vector<const char*> values;
    std::vector<int> sizes;
    std::vector<int> formats;
    for (const Parameter& parameter : parameters) {
        // Halves of it will fit.
        if (parameter.size > std::numeric_limits<int>::max()) {
            throw sdk::reject("a column of this write exceeds 2 GiB");
        }
        values.push_back(static_cast<const char*>(parameter.bytes));
        sizes.push_back(static_cast<int>(parameter.size));
        formats.push_back(parameter.binary ? 1 : 0);
    }
    return checked(connection,
                   PQexecPrepared(connection, name, static_cast<int>(values.size()), values.data(),
                                  sizes.data(), formats.data(), 0));
}

void begin_copy(PGconn* connection, const std::string& sql) {
    checked(connection, PQexec(connection, sql.c_str()));
}

void send_copy(PGconn* connection, std::span<const unsigned char> bytes) {
    constexpr std::size_t piece_max = 1U << 30;  // libpq counts in int
    while (!bytes.empty()) {
        const auto piece = bytes.first(std::min(bytes.size(), piece_max));
        const auto* data = reinterpret_cast<const char*>(piece.data());
        if (PQputCopyData(connection, data, static_cast<int>(piece.size())) != 1) {
            throw pqxx::broken_connection(PQerrorMessage(connection));
        }
        bytes = bytes.subspan(piece.size());
    }
}

void end_copy(PGconn* connection) {
    if (PQputCopyEnd(connection, nullptr) != 1) {
        throw pqxx::broken_connection(PQerrorMessage(connection));
    }
    Result result(PQgetResult(connection));
    while (Result(PQgetResult(connection))) {  // to the end, whatever the first one says
    }
    checked(connection, result.release());
}

}  // namespace ingest::postgres_sink
