#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>

#include <ingest/sdk/sink.hpp>

#include "database.h"
#include "files.h"
#include "latest.h"
#include "options.h"
#include "table.h"
#include "time_text.h"
#include "uuid_text.h"

namespace ingest::sqlite_sink {

namespace {

constexpr Verdict untried{INGEST_OK, false, ""};
constexpr Verdict working{INGEST_OK, false, ""};
constexpr Verdict no_wal{INGEST_FATAL, true,
                         "the file cannot be put into WAL mode: keep it on a local disk"};
constexpr Verdict late{INGEST_TIMEOUT, false, "the deadline passed"};
constexpr Verdict broken{INGEST_RETRY, true, "out of memory, or a fault of this sink"};

}  // namespace

// Stores readings in a table of an SQLite file. Owns the connection that writes, opened by the
// first write and again when it cannot be trusted any more. One worker's, but health() from any
// thread.
class SqliteSink {
public:
    SqliteSink(sdk::Host host, const sdk::Options& options, sdk::Schema schema)
        : host_(host), options_(read_options(options)), table_(options_.table, schema) {}

    void write(std::span<const sdk::Batch> batches) {
        try {
            open(time_left(batches.empty() ? 0 : batches.front().deadline_ns()));
            // Immediately the writer's lock: to wait for it later could be a deadlock.
            database_->run("BEGIN IMMEDIATE");
            for (const sdk::Batch& batch : batches) insert(batch);
            database_->run("COMMIT");
            change_state(working, "");
        } catch (const Failure& failure) {
            const Verdict& verdict = failure.verdict();
            give_up(verdict.reopen);
            // A reading that the table refuses says nothing against the database.
            if (verdict.code != INGEST_REJECT) change_state(verdict, failure.what());
            throw sdk::Error(verdict.code, failure.what());
        } catch (...) {
            give_up(true);
            change_state(broken, broken.text);
            throw;
        }
    }

    sdk::Health health() const noexcept {
        const Verdict* state = state_.load(std::memory_order_acquire);
        if (state == &untried) return {};
        return {state == &working ? INGEST_HEALTH_CONNECTED : INGEST_HEALTH_DISCONNECTED,
                state->text};
    }

private:
    void open(std::chrono::milliseconds wait) {
        // Else rows would go into a file that nobody will find again.
        if (database_ && database_->moved()) close();
        if (database_) return database_->set_busy_timeout(wait);

        const std::filesystem::path path(options_.path);
        need(make_directories(path.parent_path()), SQLITE_CANTOPEN, path.parent_path());
        database_.emplace(options_.path, Database::Mode::create);
        database_->set_busy_timeout(wait);
        if (database_->ask("PRAGMA journal_mode = WAL") != "wal") {
            throw Failure(no_wal, options_.path + ": " + std::string(no_wal.text));
        }
        // Every commit syncs the log; NORMAL would leave that to the next checkpoint.
        database_->run("PRAGMA synchronous = FULL");
        // 16 MiB each of pages in memory and of log between checkpoints. With the defaults of 2 and
        // 4 MiB, 300 writes of 1000 rows took 975,000 reads, 1,373,000 writes and 1074 syncs of
        // the file; so they take 148,000, 847,000 and 540.
        database_->run("PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000");
        make_durable();
        table_.prepare(*database_);
        insert_.emplace(*database_, table_.insert_sql());
    }

    // What is in the file but not on the disk: commits of a process that was killed, or whose sync
    // failed, before it answered for them. Their readings come again, insert nothing, and a
    // transaction that changes nothing syncs nothing; so it is done before the first.
    void make_durable() {
        const std::string log = options_.path + "-wal";
        need(sync_path(log), SQLITE_IOERR_FSYNC, log);
        const auto directory = std::filesystem::path(options_.path).parent_path();
        need(sync_path(directory), SQLITE_IOERR_DIR_FSYNC, directory);
        // A sync that failed once may succeed without effect; a checkpoint writes anew.
        sqlite3_wal_checkpoint_v2(database_->get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                  nullptr);
    }

    static void need(int system_error, int result, const std::filesystem::path& path) {
        if (system_error == 0) return;
        const Verdict& verdict = judge(system_error == ENOSPC ? SQLITE_FULL : result, system_error);
        throw Failure(verdict, path.string() + ": " + std::string(verdict.text) + " (" +
                                   std::generic_category().message(system_error) + ")");
    }

    void insert(const sdk::Batch& batch) {
        for (int64_t row = 0; row < batch.rows(); ++row) {
            for (int32_t column = 0; column < batch.columns(); ++column) {
                bind(batch.column(column), row, column);
            }
            insert_->step();
            insert_->reset();
        }
    }

    void bind(sdk::Column cells, int64_t row, int32_t column) {
        const int parameter = column + 1;
        if (!cells.has(row)) return insert_->bind_null(parameter);
        switch (table_.columns()[static_cast<size_t>(column)].kind) {
            case Kind::float64: return insert_->bind(parameter, cells.f64(row));
            case Kind::int64: return insert_->bind(parameter, cells.i64(row));
            case Kind::boolean: return insert_->bind(parameter, int64_t{cells.boolean(row)});
            case Kind::utf8: return insert_->bind(parameter, cells.utf8(row));
            case Kind::timestamp:
                return insert_->bind_copy(parameter, to_time_text(cells.i64(row)).view());
            case Kind::uuid:
                return insert_->bind_copy(parameter, to_uuid_text(cells.uuid(row)).view());
        }
    }

    std::chrono::milliseconds time_left(int64_t deadline_ns) const {
        if (deadline_ns == 0) return options_.busy_timeout;
        const std::chrono::nanoseconds left(deadline_ns - host_.now_ns());
        if (left.count() <= 0) throw Failure(late, "the deadline of the write has passed");
        return std::min(std::chrono::duration_cast<std::chrono::milliseconds>(left),
                        options_.busy_timeout);
    }

    void give_up(bool reopen) noexcept {
        if (!database_) return;
        if (insert_) insert_->reset();
        if (!database_->roll_back() || reopen || !insert_) close();
    }

    void close() noexcept {
        insert_.reset();
        database_.reset();
    }

    // Logs on a change only: the host tries again for as long as an outage lasts.
    void change_state(const Verdict& state, std::string_view message) {
        if (state_.exchange(&state, std::memory_order_acq_rel) == &state) return;
        if (&state == &working) {
            host_.info("writing to " + options_.path + ", table " + options_.table);
        } else {
            state.code == INGEST_FATAL ? host_.error(message) : host_.warn(message);
        }
    }

    const sdk::Host host_;
    const Options options_;
    const Table table_;
    std::optional<Database> database_;
    std::optional<Statement> insert_;
    std::atomic<const Verdict*> state_{&untried};
};

INGEST_SINK_WITH_QUERY(SqliteSink, Latest, "sqlite-sink", "1.0.0",
                       "Stores readings in a table of an SQLite file, and finds the newest.",
                       R"({
  "kind": "sink",
  "reads": ["*"],
  "options": [
    {"name": "path", "type": "string", "required": true,
     "description": "The database file, on a local disk. Missing directories are made."},
    {"name": "table", "type": "string", "default": "sensor_data",
     "description": "Made when it is missing; columns of new fields are added."},
    {"name": "busy_timeout_ms", "type": "integer", "default": 5000, "minimum": 0,
     "maximum": 3600000,
     "description": "How long to wait for another writer before the write is tried again later."}
  ]
})");

}  // namespace ingest::sqlite_sink
