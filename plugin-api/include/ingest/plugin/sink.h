/* Interface "ingest.sink/1": takes readings out of the host into a store, a queue, a file. */
#ifndef INGEST_PLUGIN_SINK_H
#define INGEST_PLUGIN_SINK_H

#include "ingest/plugin/batch.h"
#include "ingest/plugin/host.h"
#include "ingest/plugin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define INGEST_SINK_ID "ingest.sink/1"

#define INGEST_HEALTH_UNKNOWN INT32_C(0)      /* not tried yet */
#define INGEST_HEALTH_CONNECTED INT32_C(1)
#define INGEST_HEALTH_DISCONNECTED INT32_C(2)

/* The caller owns it and sets struct_size; the callee fills the rest and writes at most that many
 * bytes. */
typedef struct ingest_health {
    uint32_t struct_size;
    int32_t state;     /* INGEST_HEALTH_* */
    char message[248]; /* NUL-terminated UTF-8, for operators, without secrets; may be empty */
} ingest_health;
#define INGEST_HEALTH_SIZE_0 UINT32_C(256)

/* The function table lives as long as the library, which is never unloaded.
 *
 * Threads: one instance per worker thread, and one thread at a time per instance, so a sink needs
 * no locks. Only `health` may come from any thread at any time. */
typedef struct ingest_sink {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    /* Main thread. As ingest_validator.create. Must not connect or block: a server that is down
     * at start is no error of the configuration. */
    int32_t (*create)(const ingest_host *host, ingest_str options_json,
                      const struct ArrowSchema *schema, void **self, ingest_error *error);
    /* Worker thread; may block until the batches' deadline_ns. Returns INGEST_OK only when every
     * row of all `n` batches is durable at the destination; all or nothing is not required,
     * because what failed comes again: writes must be idempotent by reading_id where the
     * destination allows it. INGEST_RETRY, TIMEOUT: again later, for ever. INGEST_REJECT: some row
     * can never be taken; the host halves the write until that row is alone, keeps it as a dead
     * letter with the error's message, and goes on. INGEST_FATAL: as RETRY, and loudly. Others
     * are bugs of the plugin, and treated as RETRY: no reading is given up for them.
     * With n = 0: connect if need be, make tables, and say whether writing would work. */
    int32_t (*write)(void *self, const ingest_batch *const *batches, uint64_t n,
                     ingest_error *error);
    /* Any thread, also during `write`: cached state only, no input or output. */
    void (*health)(void *self, ingest_health *out);
    /* Worker thread, before `destroy`: makes durable what `write` left open, by deadline_ns
     * (0 = none). A sink whose `write` leaves nothing open returns INGEST_OK. Another code is
     * logged: what `write` answered with INGEST_OK was durable before. */
    int32_t (*flush)(void *self, int64_t deadline_ns, ingest_error *error);
    /* Main thread, once, after the last call. Must not fail. */
    void (*destroy)(void *self);
} ingest_sink;
#define INGEST_SINK_SIZE_0 UINT32_C(48)

#ifdef __cplusplus
}
#endif

#endif
