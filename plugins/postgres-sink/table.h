#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ingest/sdk/sink.hpp>
#include <pqxx/pqxx>

#include "postgres-sink/column_type.h"
#include "postgres-sink/options.h"

namespace ingest::postgres_sink {

// Makes the table fit for writing, and checks that it is: creates it, adds columns for fields that
// are new (both only with create_table), changes nothing else. Safe when several workers and hosts
// do it at once. Throws sdk::Error (FATAL), which says what to do, and what pqxx throws.
//
// Returns how each column is sent by COPY; nothing when one of them cannot.
std::optional<std::vector<CellForm>> prepare_table(pqxx::connection_base& connection,
                                                   const Options& options,
                                                   std::span<const Column> columns,
                                                   const sdk::Host& host);

std::string copy_statement(const Options& options, std::span<const Column> columns);

// One array per column, all rows in one statement.
std::string insert_statement(const Options& options, std::span<const Column> columns);

// The newest rows of one equipment ($1), at most $2, a result column per column of the schema.
// Empty when there is no table. `complete` is false when the table has not got all columns yet;
// those that it lacks are null.
struct LatestStatement {
    std::string sql = {};
    bool complete = false;
};
LatestStatement latest_statement(pqxx::connection_base& connection, const Options& options,
                                 std::span<const Column> columns);

}  // namespace ingest::postgres_sink
