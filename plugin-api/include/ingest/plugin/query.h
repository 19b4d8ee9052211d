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

/* The host's writer of result rows. Valid during one `latest` call, on its thread only; pass `ctx`
 * as it is. What is passed in is copied before the function returns. Each returns INGEST_OK, or
 * INGEST_UNSUPPORTED and changes nothing. */
typedef struct ingest_rows {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    void *ctx;
    /* Starts the next row; its cells are null until they are set. UNSUPPORTED: more than `limit`
     * rows. */
    int32_t (*begin_row)(void *ctx);
    /* Sets a cell of the row that was begun last, by the column's index in the schema: set_utf8 for
     * u, once per cell, at most 16 MiB; set_f64 for g; set_i64 for l, tsu (microseconds) and b (0
     * or 1); set_bytes for w:16, size 16. UNSUPPORTED: no such column, or of another type. */
    int32_t (*set_utf8)(void *ctx, int32_t column, ingest_str value);
    int32_t (*set_f64)(void *ctx, int32_t column, double value);
    int32_t (*set_i64)(void *ctx, int32_t column, int64_t value);
    int32_t (*set_bytes)(void *ctx, int32_t column, const uint8_t *bytes, uint64_t size);
} ingest_rows;
#define INGEST_ROWS_SIZE_0 UINT32_C(56)

/* Threads: one instance per reader thread, one thread at a time per instance. `create` gets the
 * options of the sink of the same plugin; it must not connect or block. */
typedef struct ingest_query {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    /* Main thread. As ingest_validator.create. */
    int32_t (*create)(const ingest_host *host, ingest_str options_json,
                      const struct ArrowSchema *schema, void **self, ingest_error *error);
    /* Reader thread; may block until deadline_ns (0 = none). The newest `limit` rows (1..100) of
     * one equipment, by `timestamp`, newest first. Unknown equipment: no rows.
     * INGEST_OK, RETRY, TIMEOUT, FATAL or INTERNAL; after an error the rows do not count. */
    int32_t (*latest)(void *self, ingest_str equipment_id, uint32_t limit, int64_t deadline_ns,
                      ingest_rows *out, ingest_error *error);
    /* Main thread, once, after the last call. Must not fail. */
    void (*destroy)(void *self);
} ingest_query;
#define INGEST_QUERY_SIZE_0 UINT32_C(32)

#ifdef __cplusplus
}
#endif

#endif
