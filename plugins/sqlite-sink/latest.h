#pragma once

#include <optional>
#include <string_view>

#include <ingest/sdk/sink.hpp>

#include "database.h"
#include "options.h"
#include "table.h"

namespace ingest::sqlite_sink {

// Answers which readings of an equipment are the newest, on a connection of its own that never
// writes: in WAL mode it neither waits for the writer nor holds it up. One reader thread's.
class Latest {
public:
    Latest(sdk::Host host, const sdk::Options& options, sdk::Schema schema);

    void latest(std::string_view equipment_id, uint32_t limit, int64_t deadline_ns, sdk::Rows rows);

private:
    // False: nothing was stored yet.
    bool open();
    void finish() noexcept;
    void close() noexcept;
    void read_rows(std::string_view equipment_id, uint32_t limit, sdk::Rows rows);
    void read_cell(int column, sdk::Rows rows) const;
    static int interrupt_when_late(void* self) noexcept;

    const sdk::Host host_;
    const Options options_;
    const Table table_;
    int64_t deadline_ns_ = 0;  // of the call under way
    std::optional<Database> database_;
    std::optional<Statement> statement_;
    bool complete_ = false;  // the statement reads every column of the schema
};

}  // namespace ingest::sqlite_sink
