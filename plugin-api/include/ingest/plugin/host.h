/* What the host offers to a plugin. */
#ifndef INGEST_PLUGIN_HOST_H
#define INGEST_PLUGIN_HOST_H

#include "ingest/plugin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define INGEST_LOG_DEBUG INT32_C(0)
#define INGEST_LOG_INFO INT32_C(1)
#define INGEST_LOG_WARN INT32_C(2)
#define INGEST_LOG_ERROR INT32_C(3)

/* Lives from before the entry call until the process ends. Every function may be called from any
 * thread, also between calls into the plugin, and never throws. Pass `ctx` as it is. */
typedef struct ingest_host {
    uint32_t struct_size;
    uint32_t abi_minor; /* INGEST_ABI_MINOR of the host */
    void *ctx;
    /* Writes one line to the host's log under the plugin's name. Not for every reading: changes
     * of state only. `level` is INGEST_LOG_*, others count as INFO. At most 4096 bytes of the
     * message are taken; control characters are escaped. May wait for the log's writer. */
    void (*log)(void *ctx, int32_t level, ingest_str message);
    /* The monotonic clock in nanoseconds, the one of all deadlines. Never fails. */
    int64_t (*now_ns)(void *ctx);
    /* A host service by name and revision ("ingest.options/1", options.h), or NULL when this host
     * has not got it. Its table is valid for ever. */
    const void *(*get_service)(void *ctx, ingest_str id);
} ingest_host;
#define INGEST_HOST_SIZE_0 UINT32_C(40)

#ifdef __cplusplus
}
#endif

#endif
