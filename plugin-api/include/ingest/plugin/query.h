/* Interface "ingest.query/1": answers questions about stored readings. Optional beside a sink. */
#ifndef INGEST_PLUGIN_QUERY_H
#define INGEST_PLUGIN_QUERY_H

#include "ingest/plugin/batch.h"
#include "ingest/plugin/host.h"
#include "ingest/plugin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define INGEST_QUERY_ID "ingest.query/1"

/* The host's writer of result rows. Valid during one call, on its thread only. Call begin_row,
 * then set the cells by column index of the schema; a cell that is not set is null. Strings are
 * copied. Each returns INGEST_OK, or INGEST_UNSUPPORTED for a column or type that does not exist
 * or a row too many. Types as for ingest_report; set_bytes for w:16. */
typedef struct ingest_rows {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    void *ctx;
    int32_t (*begin_row)(void *ctx);
    int32_t (*set_utf8)(void *ctx, int32_t column, ingest_str value);
    int32_t (*set_f64)(void *ctx, int32_t column, double value);
    int32_t (*set_i64)(void *ctx, int32_t column, int64_t value);
    int32_t (*set_bytes)(void *ctx, int32_t column, const uint8_t *bytes, uint64_t size);
} ingest_rows;

/* Threads: one instance per reader thread, one thread at a time per instance. `create` gets the
 * options of the sink of the same plugin; it must not connect or block. */
typedef struct ingest_query {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    int32_t (*create)(const ingest_host *host, ingest_str options_json,
                      const struct ArrowSchema *schema, void **self, ingest_error *error);
    /* Reader thread; may block until deadline_ns (monotonic, 0 = none). The newest `limit` rows
     * (1..100) of one equipment, by `timestamp`, newest first. Unknown equipment: no rows.
     * INGEST_OK, RETRY, TIMEOUT, FATAL or INTERNAL; after an error the rows do not count. */
    int32_t (*latest)(void *self, ingest_str equipment_id, uint32_t limit, int64_t deadline_ns,
                      ingest_rows *out, ingest_error *error);
    void (*destroy)(void *self);
} ingest_query;

#ifdef __cplusplus
}
#endif

#endif
