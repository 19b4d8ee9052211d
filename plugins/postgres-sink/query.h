#pragma once

#include <string_view>
#include <vector>

#include <ingest/sdk/sink.hpp>

#include "postgres-sink/column_type.h"
#include "postgres-sink/connection.h"
#include "postgres-sink/options.h"

namespace ingest::postgres_sink {

// Answers questions about stored readings. Owns a connection of its own, made at the first
// question and dropped after a failure. Used on one reader thread; dies with it.
class Query {
public:
    Query(sdk::Host host, const sdk::Options& options, sdk::Schema schema);

    void latest(std::string_view equipment_id, std::uint32_t limit, std::int64_t deadline_ns,
                sdk::Rows rows);

private:
    // False when there is no table yet.
    bool prepare();

    Options options_;
    std::vector<Column> columns_;
    LazyConnection connection_;
    bool prepared_ = false;  // with all columns, on this connection
};

}  // namespace ingest::postgres_sink
