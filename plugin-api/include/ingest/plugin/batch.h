/* A batch of readings: Arrow C Data Interface structs, in a restricted profile.
 *
 * Batch profile v1. One struct array ("+s") without nulls. Columns, in this order:
 *
 *   index 0  reading_id    w:16     UUID, 16 bytes, network order
 *   index 1  equipment_id  u        UTF-8
 *   index 2  timestamp     tsu:UTC  microseconds since 1970-01-01, when it was measured
 *   index 3  received_at   tsu:UTC  microseconds since 1970-01-01, when the host received it
 *   index 4+ the fields of the configuration, in its order: l, g, u, b or tsu:UTC
 *
 *   l int64 | g double | u UTF-8, int32 offsets | b bit | tsu:UTC int64 | w:16 fixed 16 bytes
 *
 * Every array has offset 0. The validity bitmap is always present (least significant bit first,
 * 1 = has a value), and so is every other buffer, also for 0 rows. Buffers are aligned to 64 bytes
 * and padded to a multiple of 64. No dictionaries, no nesting below the struct.
 *
 * The schema comes once, at `create`, and holds for the instance's life. In a column's schema,
 * ARROW_FLAG_NULLABLE is set for optional fields; metadata is NULL.
 *
 * The struct definitions are those of the Arrow specification, "The Arrow C data interface".
 */
#ifndef INGEST_PLUGIN_BATCH_H
#define INGEST_PLUGIN_BATCH_H

#include <stdint.h>

#include "ingest/plugin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

/* The fixed columns of profile v1. */
#define INGEST_COLUMN_READING_ID INT32_C(0)
#define INGEST_COLUMN_EQUIPMENT_ID INT32_C(1)
#define INGEST_COLUMN_TIMESTAMP INT32_C(2)
#define INGEST_COLUMN_RECEIVED_AT INT32_C(3)
#define INGEST_COLUMN_FIRST_FIELD INT32_C(4)

/* What `validate` and `write` get. The host owns all of it; everything is borrowed until the call
 * returns and must not be written to or released. */
typedef struct ingest_batch {
    uint32_t struct_size;
    uint32_t flags; /* INGEST_BATCH_*; a plugin ignores bits that it does not know */
    /* Position in the host's log of the first row, counted in readings, for sinks: it grows, and a
     * row that comes again has the number that it had. 0 for validators. */
    uint64_t sequence;
    /* Monotonic time (ingest_host.now_ns) by which the call should return; 0 = none. */
    int64_t deadline_ns;
    const struct ArrowSchema *schema; /* the one that `create` got */
    const struct ArrowArray *data;
    /* Validators only, else NULL: a bitmap like a validity bitmap. A set bit marks a row that was
     * already refused: by an earlier validator, or because a member could not be read (then its
     * cell is null). Such rows are shown so that a client hears of every fault at once; a
     * validator that remembers readings must skip them. */
    const uint8_t *refused;
} ingest_batch;
#define INGEST_BATCH_SIZE_0 UINT32_C(48)

/* Validators only: these readings will not be stored; somebody asks what would be said of them. A
 * validator that remembers readings answers as always and remembers nothing of this batch. */
#define INGEST_BATCH_TRIAL UINT32_C(1)

#ifdef __cplusplus
}
#endif

#endif
