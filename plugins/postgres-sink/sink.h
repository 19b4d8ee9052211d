#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ingest/sdk/sink.hpp>

#include "postgres-sink/binary_array.h"
#include "postgres-sink/column_type.h"
#include "postgres-sink/connection.h"
#include "postgres-sink/copy_rows.h"
#include "postgres-sink/options.h"
#include "postgres-sink/statement.h"

namespace ingest::postgres_sink {

// One worker's way into the table. Owns a connection, made at the first write, and the memory of
// the arrays. Used on its worker's thread, but for health(); dies with the worker.
//
// A write is one statement that commits by itself. COPY is the fastest, but refuses all rows when
// one of them is stored already or cannot be. Then, and where a table does not let us copy, it is
// INSERT ... SELECT FROM unnest ON CONFLICT DO NOTHING, a binary array per column, which decides.
//
// After anything but a refused value the connection is dropped; the next write makes a new one and
// looks at the table again, which somebody may have repaired meanwhile.
class Sink {
public:
    Sink(sdk::Host host, const sdk::Options& options, sdk::Schema schema);

    void write(std::span<const sdk::Batch> batches);
    sdk::Health health() const noexcept;

private:
    enum class State { unknown, connected, lost, refused };

    void store(std::span<const sdk::Batch> batches);
    bool copy(PGconn* server, std::span<const sdk::Batch> batches);
    void insert(PGconn* server, std::span<const sdk::Batch> batches);
    void encode(std::span<const sdk::Batch> batches);
    void change(State state, std::string_view why) noexcept;

    sdk::Host host_;
    Options options_;
    std::vector<Column> columns_;
    LazyConnection connection_;
    bool ready_ = false;  // the table was checked and the statement prepared on this connection
    std::string copy_sql_;
    std::optional<CopyRows> copied_;  // none: the table has a column that COPY cannot fill
    int inserts_left_ = 0;            // writes that do not try COPY
    std::vector<BinaryArray> arrays_;  // by column
    std::vector<Parameter> parameters_;
    std::atomic<State> state_{State::unknown};
};

}  // namespace ingest::postgres_sink
