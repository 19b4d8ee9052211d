/* Interface "ingest.validator/1": looks at readings before they are accepted. */
#ifndef INGEST_PLUGIN_VALIDATOR_H
#define INGEST_PLUGIN_VALIDATOR_H

#include "ingest/plugin/batch.h"
#include "ingest/plugin/host.h"
#include "ingest/plugin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define INGEST_VALIDATOR_ID "ingest.validator/1"

#define INGEST_WARN INT32_C(1)        /* the reading is kept; the answer carries the warning */
#define INGEST_REJECT_ROW INT32_C(2)  /* this reading is refused, the others are not */

/* Where a validator writes its findings. Valid during one `validate` call, on its thread only.
 *
 * A report is a transaction: if `validate` returns anything but INGEST_OK, nothing of it counts,
 * and `on_error` of the configuration decides. Strings are copied before the call returns; pass
 * `ctx` as it is. Each function returns INGEST_OK, or INGEST_UNSUPPORTED for a row, column,
 * severity or type that does not exist, or too many of them: the host then ignores it, counts it
 * as misbehaviour and logs the plugin's name. */
typedef struct ingest_report {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    void *ctx;
    /* `column` is the index of the column at fault, or -1 for the reading as a whole. `code` is
     * short, stable, [a-z0-9_.-]{1,64} and one of the manifest's issue codes ("out_of_range"):
     * with another code the finding counts all the same, and so does the misbehaviour. `message`
     * is for the client: what is wrong and what was expected; what is behind its first 512 bytes is
     * cut off. At most 64 findings a row. */
    int32_t (*issue)(void *ctx, int64_t row, int32_t column, int32_t severity, ingest_str code,
                     ingest_str message);
    /* Changes a cell of a column that the manifest's `writes` names (or "*"). The next validator
     * and the sinks see the new value. Columns 0 (reading_id) and 3 (received_at) cannot be
     * changed. The type must be that of the column: set_utf8 for u, at most 4096 bytes without NUL;
     * set_f64 for g, finite; set_i64 for l, b (0 or 1) and tsu (microseconds, years 1 to 9999).
     * set_null only on optional fields. The last change of a cell counts. */
    int32_t (*set_utf8)(void *ctx, int64_t row, int32_t column, ingest_str value);
    int32_t (*set_f64)(void *ctx, int64_t row, int32_t column, double value);
    int32_t (*set_i64)(void *ctx, int64_t row, int32_t column, int64_t value);
    int32_t (*set_null)(void *ctx, int64_t row, int32_t column);
} ingest_report;
#define INGEST_REPORT_SIZE_0 UINT32_C(56)

/* The function table lives as long as the library, which is never unloaded.
 *
 * Threads: one instance is called by one thread at a time. The host makes an instance per core,
 * or a single one, its calls serialised, when the manifest says `"shared_state": true`. */
typedef struct ingest_validator {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    /* Main thread. Makes an instance. `options_json` is a JSON object that was checked against the
     * manifest, with defaults filled in. `schema` stays valid until `destroy`, `options_json` only
     * during the call. Writes *self on INGEST_OK only; else INGEST_CONFIG, FATAL or INTERNAL. */
    int32_t (*create)(const ingest_host *host, ingest_str options_json,
                      const struct ArrowSchema *schema, void **self, ingest_error *error);
    /* Core thread: must not block. Returns INGEST_OK also when readings are rejected: a rejected
     * reading is a finding, not an error. Any other code: the validator failed, see ingest_report.
     * A core has one event loop, so a call of 1 ms delays every request of its core by that. */
    int32_t (*validate)(void *self, const ingest_batch *batch, ingest_report *report,
                        ingest_error *error);
    /* Main thread, once, after the last call. Must not fail. */
    void (*destroy)(void *self);
} ingest_validator;
#define INGEST_VALIDATOR_SIZE_0 UINT32_C(32)

#ifdef __cplusplus
}
#endif

#endif
