#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ingest/sdk/sink.hpp>

#include "postgres-sink/cell.h"

namespace ingest::postgres_sink {

// A type's number in PostgreSQL's catalogue. Those of the built-in types never change
// (src/include/catalog/pg_type.dat).
using TypeOid = std::uint32_t;

// How a type of the batch profile is sent and stored.
struct ColumnType {
    std::string_view format;    // of the batch profile
    TypeOid oid;                // of the elements that we send
    std::string_view sql;       // its name, and what a column that we make gets
    CellForm form;
};

// nullptr for a format that the profile does not have.
const ColumnType* find_type(std::string_view format) noexcept;

// Whether a table's column of type `stored` takes values of `type` without changing them. The
// server converts by itself where they differ; what would round a number (real, numeric) is not
// taken, because a reading is stored exactly or not at all.
bool stores_exactly(const ColumnType& type, TypeOid stored) noexcept;

// How a value of `type` goes into a column of type `stored` by COPY, which converts nothing. None:
// it needs a conversion by the server.
std::optional<CellForm> copied_as(const ColumnType& type, TypeOid stored) noexcept;

// One column of the schema and its place in the table.
struct Column {
    std::string name;  // in the table, not quoted
    const ColumnType* type = nullptr;
    bool required = false;
    bool fixed = false;  // one of the profile's four, without which it is not our table
};

// In the order of the schema. Throws sdk::Error (CONFIG) for a field that no table can have.
std::vector<Column> columns_of(const sdk::Schema& schema);

// "name", quoted for SQL.
std::string quoted(std::string_view identifier);

}  // namespace ingest::postgres_sink
