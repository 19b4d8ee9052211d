#include "postgres-sink/sink.h"

#include <algorithm>

#include "postgres-sink/failure.h"
#include "postgres-sink/sqlstate.h"
#include "postgres-sink/table.h"

namespace ingest::postgres_sink {
namespace {

constexpr const char* insert_name = "insert";

// After COPY was refused: where one reading is there already or cannot be stored, others are too,
// and the lane will halve what was refused, ten times for 1000 rows. A COPY that is rolled back
// leaves dead rows for vacuum.
constexpr int inserts_after_refusal = 20;

// Whether an INSERT may do what COPY could not. It may not do better without the server.
bool insert_may_do(const pqxx::sql_error& error) {
    return verdict_of(error.sqlstate()) != Verdict::retry ||
           error.sqlstate().starts_with("0A");  // COPY with row level security
}

std::int64_t earliest_deadline(std::span<const sdk::Batch> batches) noexcept {
    std::int64_t earliest = 0;
    for (const sdk::Batch& batch : batches) {
        const std::int64_t deadline = batch.deadline_ns();
        if (deadline != 0 && (earliest == 0 || deadline < earliest)) earliest = deadline;
    }
    return earliest;
}

}  // namespace

Sink::Sink(sdk::Host host, const sdk::Options& options, sdk::Schema schema)
    : host_(host),
      options_(parse_options(options.json())),
      columns_(columns_of(schema)),
      connection_(options_, host),
      arrays_(columns_.size()) {}

void Sink::write(std::span<const sdk::Batch> batches) {
    try {
        store(batches);
    } catch (...) {
        const sdk::Error failure = failure_in_flight(connection_.timed_out());
        if (failure.code() == INGEST_REJECT) {
            change(State::connected, {});
        } else {
            connection_.drop();
            ready_ = false;
            const bool fatal = failure.code() == INGEST_FATAL;
            change(fatal ? State::refused : State::lost, failure.what());
        }
        throw failure;
    }
    change(State::connected, {});
}

void Sink::store(std::span<const sdk::Batch> batches) {
    const std::int64_t deadline = earliest_deadline(batches);
    connection_.open(deadline);
    const Connection::Bound bound(connection_.get(), connection_.time_left(deadline));
    Connection& server = connection_.get();
    if (!ready_) {
        copied_ = std::nullopt;
        if (auto forms = prepare_table(server.pqxx(), options_, columns_, host_)) {
            copied_.emplace(std::move(*forms));
        }
        copy_sql_ = copy_statement(options_, columns_);
        prepare_statement(server.handle(), insert_name, insert_statement(options_, columns_));
        ready_ = true;
    }
    if (!copy(server.handle(), batches)) insert(server.handle(), batches);
}

// False when nothing was stored and insert() has to decide.
bool Sink::copy(PGconn* server, std::span<const sdk::Batch> batches) {
    if (!copied_ || batches.empty()) return false;
    if (inserts_left_ > 0) {
        --inserts_left_;
        return false;
    }
    try {
        begin_copy(server, copy_sql_);
        send_copy(server, CopyRows::head());
        for (const sdk::Batch& batch : batches) send_copy(server, copied_->rows(batch));
        send_copy(server, CopyRows::end());
        end_copy(server);
        return true;
    } catch (const pqxx::sql_error& error) {
        if (!insert_may_do(error)) throw;
        inserts_left_ = inserts_after_refusal;
        return false;
    }
}

// A single statement needs no transaction of its own: that would be two more round trips. Without
// batches it is sent all the same, with empty arrays: it shows whether we may insert.
void Sink::insert(PGconn* server, std::span<const sdk::Batch> batches) {
    encode(batches);
    execute_prepared(server, insert_name, parameters_);
}

void Sink::encode(std::span<const sdk::Batch> batches) {
    std::int64_t rows = 0;
    for (const sdk::Batch& batch : batches) rows += batch.rows();
    parameters_.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        arrays_[i].start(*columns_[i].type, rows);
        for (const sdk::Batch& batch : batches) {
            arrays_[i].append(batch.column(static_cast<std::int32_t>(i)));
        }
        parameters_.push_back({arrays_[i].bytes().data(), arrays_[i].bytes().size(), true});
    }
}

void Sink::change(State state, std::string_view why) noexcept {
    const State before = state_.exchange(state, std::memory_order_relaxed);
    if (before == state) return;
    try {
        switch (state) {
            case State::connected:
                host_.info("connected: " + connection_.get().description());
                break;
            case State::lost:
                host_.warn("cannot write, trying again: " + std::string(why));
                break;
            case State::refused:
                host_.error("cannot write until this is repaired: " + std::string(why));
                break;
            case State::unknown:
                break;
        }
    } catch (const std::exception&) {
        // No memory for a line of the log: the state is what counts.
    }
}

sdk::Health Sink::health() const noexcept {
    switch (state_.load(std::memory_order_relaxed)) {
        case State::connected: return {INGEST_HEALTH_CONNECTED, "connected"};
        case State::lost: return {INGEST_HEALTH_DISCONNECTED, "not available, trying again"};
        case State::refused:
            return {INGEST_HEALTH_DISCONNECTED,
                    "refused; the log says what has to be repaired"};
        case State::unknown: break;
    }
    return {INGEST_HEALTH_UNKNOWN, "not tried yet"};
}

}  // namespace ingest::postgres_sink
