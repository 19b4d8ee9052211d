// C++20 façade for sinks and queries. A sink is a class:
//
//     class Printer {
//     public:
//         Printer(ingest::sdk::Host host, const ingest::sdk::Options& options,
//                 ingest::sdk::Schema schema);
//         void write(std::span<const ingest::sdk::Batch> batches);   // returns when it is durable
//         ingest::sdk::Health health() const noexcept;               // any thread, cached state
//         void flush(int64_t deadline_ns);                           // optional
//     };
//     INGEST_SINK(Printer, "printer", "1.0.0", "what it does", R"({"kind":"sink",...})");
//
// `write` throws ingest::sdk::retry, reject or fatal; see ingest_sink.write for what each means.
// An empty span asks to connect and to say whether writing would work.
//
// A query is a class with the same constructor and
//         void latest(std::string_view equipment_id, uint32_t limit, int64_t deadline_ns,
//                     ingest::sdk::Rows rows);
// exported with its sink by INGEST_SINK_WITH_QUERY.
#pragma once

#include <vector>

#include "ingest/sdk/edge.hpp"

namespace ingest::sdk {

struct Health {
    int32_t state = INGEST_HEALTH_UNKNOWN;
    std::string_view message = {};
};

// The host's writer of result rows; see ingest_rows.
class Rows {
public:
    explicit Rows(ingest_rows* rows) noexcept : rows_(rows) {}
    void begin_row() { done(rows_->begin_row(rows_->ctx)); }
    void set(int32_t column, std::string_view value) {
        done(rows_->set_utf8(rows_->ctx, column, to_str(value)));
    }
    void set(int32_t column, double value) { done(rows_->set_f64(rows_->ctx, column, value)); }
    void set(int32_t column, int64_t value) { done(rows_->set_i64(rows_->ctx, column, value)); }
    void set(int32_t column, std::span<const uint8_t, 16> uuid) {
        done(rows_->set_bytes(rows_->ctx, column, uuid.data(), uuid.size()));
    }

private:
    static void done(int32_t code) {
        if (code != INGEST_OK)
            throw Error(INGEST_INTERNAL, "the host refused a result row, column or type");
    }
    ingest_rows* rows_;
};

namespace detail {

template <class S>
int32_t write(void* self, const ingest_batch* const* batches, uint64_t n,
              ingest_error* error) noexcept {
    return guarded(error, [&] {
        std::vector<Batch> views;
        views.reserve(n);
        for (uint64_t i = 0; i < n; ++i) views.emplace_back(batches[i]);
        static_cast<S*>(self)->write(std::span<const Batch>(views));
    });
}

template <class S>
void health(void* self, ingest_health* out) noexcept {
    const Health health = static_cast<const S*>(self)->health();
    out->state = health.state;
    copy_text(health.message, out->message, sizeof out->message);
}

template <class S>
int32_t flush(void* self, int64_t deadline_ns, ingest_error* error) noexcept {
    return guarded(error, [&] {
        S& sink = *static_cast<S*>(self);
        if constexpr (requires { sink.flush(deadline_ns); }) sink.flush(deadline_ns);
    });
}

template <class S>
inline constexpr ingest_sink sink_table{sizeof(ingest_sink), 0,         &create<S>, &write<S>,
                                        &health<S>,          &flush<S>, &destroy<S>};

template <class Q>
int32_t latest(void* self, ingest_str equipment_id, uint32_t limit, int64_t deadline_ns,
               ingest_rows* out, ingest_error* error) noexcept {
    return guarded(error, [&] {
        static_cast<Q*>(self)->latest(to_view(equipment_id), limit, deadline_ns, Rows(out));
    });
}

template <class Q>
inline constexpr ingest_query query_table{sizeof(ingest_query), 0, &create<Q>, &latest<Q>,
                                          &destroy<Q>};

template <class S>
const void* sink_tables(std::string_view interface_id) noexcept {
    return interface_id == INGEST_SINK_ID ? &sink_table<S> : nullptr;
}

template <class S, class Q>
const void* sink_and_query_tables(std::string_view interface_id) noexcept {
    if (interface_id == INGEST_QUERY_ID) return &query_table<Q>;
    return sink_tables<S>(interface_id);
}

}  // namespace detail
}  // namespace ingest::sdk

#define INGEST_SINK(CLASS, ID, VERSION, DESCRIPTION, MANIFEST)                                   \
    INGEST_EXPORT_PLUGIN(::ingest::sdk::detail::sink_tables<CLASS>, ID, VERSION, DESCRIPTION,    \
                         MANIFEST)

#define INGEST_SINK_WITH_QUERY(CLASS, QUERY, ID, VERSION, DESCRIPTION, MANIFEST)                 \
    static const void* ingest_plugin_tables(std::string_view interface_id) noexcept {            \
        return ::ingest::sdk::detail::sink_and_query_tables<CLASS, QUERY>(interface_id);         \
    }                                                                                            \
    INGEST_EXPORT_PLUGIN(ingest_plugin_tables, ID, VERSION, DESCRIPTION, MANIFEST)
