#include "app/memory_bounds.h"

#include <algorithm>

#include "access/token_cache.h"
#include "app/front_terms.h"
#include "coding/decoding.h"
#include "coding/encoding.h"
#include "http/body.h"
#include "http/head_parser.h"
#include "http/server.h"
#include "http/tls_channel.h"
#include "ingest/intake.h"
#include "model/batch.h"
#include "spool/types.h"

namespace ingest::app {
namespace {

using config::kib;
using config::mib;

// Measured: 19 MiB with PostgreSQL and Redis before any reading came; the rest is for what the
// allocator keeps in pieces, and 1 MiB for documents that have been compressed.
constexpr std::uint64_t process_bytes = 48 * mib;

// A session's coroutine frames and its entry in tables, beside the input buffer, which
// http::Session makes at least this large, and the room of a small body, which may be more than
// the body is counted with.
constexpr std::uint64_t session_bytes = 8 * kib + http::Body::capacity_min;
constexpr std::uint64_t input_bytes_min = 16 * kib;

// http::BodyPool and the scratch of an answer whose lists are full, twice.
constexpr std::uint64_t core_bytes = 4 * mib + 512 * kib;

// Of decode, per byte of a body: its list of tokens, 4 bytes for each byte of the next power of
// two, and texts without their escapes, of JSON and of CSV, which grow by doubling.
constexpr std::uint64_t decode_factor = 12;

constexpr std::uint64_t metadata_bytes_max = decode::Options().metadata_bytes_max;

// The id of a reading in an answer, which is rendered, compressed, and then put behind its head;
// all grow by doubling. What is compressed is never much longer than it was.
constexpr std::uint64_t answered_id_bytes =
    6 * (sizeof("\"01234567-89ab-cdef-0123-456789abcdef\",") - 1);

// A query has at most so many rows.
constexpr std::uint64_t query_rows_max = 100;

// Bytes of JSON for one of a row: with everything escaped, and names.
constexpr std::uint64_t json_factor = 7;

// The log knows one place per so many bytes, in 16 bytes; lists grow by doubling.
constexpr std::uint64_t index_gap_bytes = 64 * kib;
constexpr std::uint64_t index_entry_bytes = 32;

// How large rows of a schema are.
struct RowSizes {
    std::uint64_t fixed = 0;     // columns, without the characters of texts
    std::uint64_t text_max = 0;  // characters
    std::uint64_t sent_min = 0;  // the shortest reading that is accepted, as CSV
    std::uint64_t rows_max = 0;  // of one request

    std::uint64_t max() const noexcept { return fixed + text_max; }
    // Rows of readings that were sent as `bytes`. Characters are no more than in those.
    std::uint64_t of_body(std::uint64_t bytes) const noexcept {
        return bytes + std::min(bytes / sent_min, rows_max) * fixed + max();
    }
};

// Of one request.
std::uint64_t readings_max(const config::Config& config) {
    return std::max(config.http.batch.readings_max, config.http.ndjson.readings_max);
}

RowSizes row_sizes(const config::Config& config, const model::Schema& schema) {
    RowSizes sizes;
    sizes.sent_min = sizeof("x\n") - 1;
    sizes.rows_max = readings_max(config);
    for (std::size_t i = 0; i < schema.size(); ++i) {
        const model::Field& field = schema[i];
        sizes.fixed += model::value_width(field.type) + 1;  // and a bit, or two for a boolean
        if (field.type == model::ColumnType::utf8) {
            sizes.text_max += field.name == "metadata" ? metadata_bytes_max
                                                       : config.reading.text_bytes_max;
        }
        if (i >= model::column_first_field && field.required) sizes.sent_min += sizeof(",0") - 1;
    }
    return sizes;
}

// An explanation and its answer. Each validator may find what it can, and change every cell: shown
// as JSON, with everything escaped, before and after.
std::uint64_t explanation_bytes(const config::Config& config, const RowSizes& row) {
    const std::uint64_t cells = 2 * json_factor * row.max();
    const std::uint64_t step = intake::explained_findings_bytes_max + cells;
    return 3 * (cells + config.validators.size() * step);
}

}  // namespace

std::uint64_t outcome_bytes_max(const config::Config& config, const model::Schema& schema) {
    decode::Options options;
    options.readings_max = config.http.batch.readings_max;
    options.lines_max = config.http.ndjson.readings_max;
    const RowSizes row = row_sizes(config, schema);
    const std::uint64_t rows = std::min(row.of_body(config.http.limits.body_bytes),
                                        readings_max(config) * row.max());
    return intake::Intake::outcome_bytes_max(options) + 2 * rows + model::Batch(schema).memory();
}

std::uint64_t answers_bytes_max(const config::Config& config, const model::Schema& schema) {
    const RowSizes row = row_sizes(config, schema);
    return answers_reserve + std::max(json_factor * query_rows_max * row.max(),
                                      explanation_bytes(config, row));
}

MemoryBounds memory_bounds(const config::Config& config, const model::Schema& schema,
                           unsigned cores) {
    const config::Limits& limits = config.http.limits;
    const RowSizes row = row_sizes(config, schema);
    const spool::Options log;
    MemoryBounds bounds;
    bounds.requests = 2 * limits.in_flight_bytes + cores * outcome_bytes_max(config, schema) +
                      answers_bytes_max(config, schema);
    const std::uint64_t head_bytes = limits.request_line_bytes + limits.header_bytes;
    const std::uint64_t connection =
        session_bytes + std::max(input_bytes_min, head_bytes) +
        http::HeadParser::memory_max(head_bytes, limits.header_fields) + http::small_answer_max;
    bounds.connections = limits.connections * connection;
    if (config.admin) {
        bounds.requests += answers_reserve;
        bounds.connections += admin_connections_max * connection;
        bounds.cores += core_bytes + coding::encoder_memory_max;
    }
    if (config.http.tls) {
        bounds.connections +=
            limits.connections * http::TlsChannel::memory_max +
            std::min(limits.handshakes, limits.connections) *
                http::TlsChannel::handshake_memory_max;
    }
    const std::uint64_t answer = query_rows_max * row.max();
    // Undoing a coding, decoding, the rows of one request, and a query's answer as JSON with
    // everything escaped, which may be compressed.
    bounds.cores += cores * (core_bytes + coding::memory_max + coding::encoder_memory_max +
                            decode_factor * limits.body_bytes +
                            2 * row.of_body(limits.body_bytes) + 2 * json_factor * answer +
                            answered_id_bytes * readings_max(config) +
                            explanation_bytes(config, row));
    // As records, which grow by doubling, and as bytes. A request's rows are not divided.
    bounds.commit =
        4 * std::max<std::uint64_t>(log.group_bytes_max, row.of_body(limits.body_bytes));
    bounds.spool =
        config.spool.memory + config.spool.size_max / index_gap_bytes * index_entry_bytes;
    for (const config::Sink& sink : config.sinks) {
        // A write has whole records: the readings, their bytes as they were read, a copy of those
        // that are cut, and three times as much for how the plugin writes them down.
        const std::uint64_t record = log.record_rows_max * row.max();
        const std::uint64_t write =
            std::min(sink.batch_rows_max * row.max(), log.read_bytes_max + record);
        bounds.sinks += sink.workers * 6 * std::max(write, record);
    }
    // Being read, and on the way to the cores.
    if (config.storage) bounds.queries = config.query.readers * 4 * answer;
    bounds.process = process_bytes;
    const auto& auth = config.http.auth;
    if (auth && auth->enabled && !auth->jwks.path.empty()) {
        bounds.process += access::TokenCache::bytes_max;
    }
    return bounds;
}

}  // namespace ingest::app
