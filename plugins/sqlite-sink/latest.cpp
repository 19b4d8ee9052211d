#include "latest.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "time_text.h"
#include "uuid_text.h"

namespace ingest::sqlite_sink {

Latest::Latest(sdk::Host host, const sdk::Options& options, sdk::Schema schema)
    : host_(host), options_(read_options(options)), table_(options_.table, schema) {}

void Latest::latest(std::string_view equipment_id, uint32_t limit, int64_t deadline_ns,
                    sdk::Rows rows) {
    deadline_ns_ = deadline_ns;
    try {
        if (open()) read_rows(equipment_id, limit, rows);
        finish();
    } catch (const Failure& failure) {
        close();
        throw sdk::Error(failure.verdict().code, failure.what());
    } catch (...) {
        close();
        throw;
    }
}

bool Latest::open() {
    if (database_ && database_->moved()) close();
    if (!database_) {
        if (access(options_.path.c_str(), F_OK) != 0 && errno == ENOENT) return false;
        database_.emplace(options_.path, Database::Mode::existing);
        database_->run("PRAGMA query_only = ON");
        // Asked every so many instructions of SQLite's machine, some ten microseconds apart.
        sqlite3_progress_handler(database_->get(), 1000, &interrupt_when_late, this);
    }
    auto wait = options_.busy_timeout;
    if (deadline_ns_ != 0) {
        const auto left = std::chrono::nanoseconds(deadline_ns_ - host_.now_ns());
        wait = std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(left),
                          std::chrono::milliseconds(0), wait);
    }
    database_->set_busy_timeout(wait);
    if (statement_) return true;

    const std::string sql = table_.latest_sql(*database_, complete_);
    if (sql.empty()) return false;
    statement_.emplace(*database_, sql);
    return true;
}

// Ends the read transaction. Columns that the table lacked may be there next time.
void Latest::finish() noexcept {
    if (!complete_) statement_.reset();
    if (statement_) statement_->reset();
}

void Latest::close() noexcept {
    statement_.reset();
    database_.reset();
}

int Latest::interrupt_when_late(void* self) noexcept {
    const auto& query = *static_cast<const Latest*>(self);
    return query.deadline_ns_ != 0 && query.host_.now_ns() > query.deadline_ns_ ? 1 : 0;
}

void Latest::read_rows(std::string_view equipment_id, uint32_t limit, sdk::Rows rows) {
    statement_->bind(1, equipment_id);
    statement_->bind(2, static_cast<int64_t>(limit));
    while (statement_->step()) {
        rows.begin_row();
        for (int column = 0; column < static_cast<int>(table_.columns().size()); ++column) {
            if (!statement_->is_null(column)) read_cell(column, rows);
        }
    }
}

void Latest::read_cell(int column, sdk::Rows rows) const {
    const auto& [name, kind] = table_.columns()[static_cast<size_t>(column)];
    const Statement& row = *statement_;
    const auto unreadable = [&, &text = name](std::string_view expected) {
        return sdk::fatal("a row of the table " + options_.table + " has \"" +
                          std::string(row.text(column).substr(0, 64)) + "\" in column " + text +
                          ", which is no " + std::string(expected));
    };
    switch (kind) {
        case Kind::float64: return rows.set(column, row.f64(column));
        case Kind::int64: return rows.set(column, row.i64(column));
        case Kind::boolean: return rows.set(column, int64_t{row.i64(column) != 0});
        case Kind::utf8: return rows.set(column, row.text(column));
        case Kind::timestamp: {
            const auto time = read_time_text(row.text(column));
            if (!time) throw unreadable("time");
            return rows.set(column, *time);
        }
        case Kind::uuid: {
            const auto uuid = read_uuid_text(row.text(column));
            if (!uuid) throw unreadable("UUID");
            return rows.set(column, std::span<const uint8_t, 16>(*uuid));
        }
    }
}

}  // namespace ingest::sqlite_sink
