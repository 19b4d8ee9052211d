/* Host service "ingest.options/1": reads members of a JSON document, so that no plugin needs a
 * parser of its own for the options that `create` gets. */
#ifndef INGEST_PLUGIN_OPTIONS_H
#define INGEST_PLUGIN_OPTIONS_H

#include "ingest/plugin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define INGEST_OPTIONS_ID "ingest.options/1"

/* Get the table by ingest_host.get_service and pass ingest_host.ctx as `ctx`. Any thread; every
 * call parses `json` anew, so read options once, in `create`, and keep what they come to.
 *
 * `pointer` is a JSON pointer (RFC 6901): "/limits/0/max"; "" is the whole document. Each returns
 *   INGEST_OK           and the result is written
 *   INGEST_UNSUPPORTED  there is no such member, or it is null
 *   INGEST_CONFIG       it is of another type or out of range, the pointer or the JSON is malformed
 * and writes nothing unless INGEST_OK. No pointer may be NULL but a `buffer` with `room` 0. Texts
 * are not normalised: they are the bytes that the configuration has. */
typedef struct ingest_options {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    int32_t (*get_i64)(void *ctx, ingest_str json, ingest_str pointer, int64_t *value);
    int32_t (*get_f64)(void *ctx, ingest_str json, ingest_str pointer, double *value);
    int32_t (*get_bool)(void *ctx, ingest_str json, ingest_str pointer, int32_t *value); /* 0, 1 */
    /* Copies at most `room` bytes of the text to `buffer`, without a terminator, and its whole size
     * in bytes to `size`: more than `room` means that it was cut. */
    int32_t (*get_utf8)(void *ctx, ingest_str json, ingest_str pointer, char *buffer,
                        uint64_t room, uint64_t *size);
    /* How many elements an array or members an object has; of others INGEST_CONFIG. */
    int32_t (*get_size)(void *ctx, ingest_str json, ingest_str pointer, uint64_t *size);
    /* The name of an object's member by index, in the order of the names; `buffer`, `room` and
     * `size` as for get_utf8. An index that is too high is INGEST_UNSUPPORTED. */
    int32_t (*get_name)(void *ctx, ingest_str json, ingest_str pointer, uint64_t index,
                        char *buffer, uint64_t room, uint64_t *size);
} ingest_options;
#define INGEST_OPTIONS_SIZE_0 UINT32_C(56)

#ifdef __cplusplus
}
#endif

#endif
