#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ingest/sdk/sink.hpp>

#include "database.h"

namespace ingest::sqlite_sink {

enum class Kind { float64, int64, utf8, boolean, timestamp, uuid };

// The table that readings go to: one column per column of the schema, in its order; reading_id is
// called id there and received_at created_at, as in PostgreSQL's table. Immutable.
class Table {
public:
    struct Column {
        std::string name;
        Kind kind;
    };

    // Throws sdk::Error for a schema that makes no table.
    Table(std::string name, sdk::Schema schema);

    const std::vector<Column>& columns() const noexcept { return columns_; }

    // Makes the table and its indexes, or adds the columns that it lacks. Throws Failure.
    void prepare(Database& database) const;

    // Parameter i + 1 is column i. A reading that is there already stays as it is.
    std::string insert_sql() const;

    // ?1 the equipment, ?2 the limit; result column i is column i, NULL where the table has not
    // got it (yet). `complete` tells whether it has all. Empty: there is no table.
    std::string latest_sql(const Database& database, bool& complete) const;

private:
    std::vector<std::string> present(const Database& database) const;
    void create(Database& database) const;
    void add_missing(Database& database, const std::vector<std::string>& present) const;

    std::string name_;
    std::vector<Column> columns_;
};

}  // namespace ingest::sqlite_sink
