/* Plugins that end the process or do not return. Those that need a reading for it wait for one of
 * equipment CRASH..., so that others can be acknowledged before. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "sound.h"

enum {
    crashes_in_create,
    crashes_in_destroy,
    crashes_in_thread, /* of its own */
    exits_in_thread,
    exits_on_loading,
    hangs,
    hangs_in_create,
    hangs_in_destroy,
    hangs_at_exit, /* in a destructor of the library */
    sink_crashes,
    sink_crashes_in_flush,
    sink_exits,
    sink_hangs_in_health
};

static void crash(void) { *(volatile int *)16 = 1; }

static void hang(void) {
    while (1) pause();
}

static void *thread_of_its_own(void *nothing) {
    (void)nothing;
    if (FAULT == exits_in_thread) exit(0);
    crash();
    return NULL;
}

static int is_trigger(const ingest_batch *batch) {
    const struct ArrowArray *ids = batch->data->children[INGEST_COLUMN_EQUIPMENT_ID];
    const int32_t *ends = ids->buffers[1];
    const char *chars = ids->buffers[2];
    for (int64_t row = 0; row < batch->data->length; ++row) {
        if (ends[row + 1] - ends[row] >= 5 && memcmp(chars + ends[row], "CRASH", 5) == 0) return 1;
    }
    return 0;
}

static int32_t create(const ingest_host *host, ingest_str options, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    if (FAULT == crashes_in_create) crash();
    if (FAULT == hangs_in_create) hang();
    return sound_create(host, options, schema, self, error);
}

static void destroy(void *self) {
    (void)self;
    if (FAULT == crashes_in_destroy) crash();
    if (FAULT == hangs_in_destroy) hang();
}

static int32_t validate(void *self, const ingest_batch *batch, ingest_report *report,
                        ingest_error *error) {
    (void)self, (void)report, (void)error;
    if (!is_trigger(batch)) return INGEST_OK;
    if (FAULT == hangs) hang();
    if (FAULT == crashes_in_thread || FAULT == exits_in_thread) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, thread_of_its_own, NULL) == 0) pthread_detach(thread);
    }
    return INGEST_OK;
}

static int32_t write_rows(void *self, const ingest_batch *const *batches, uint64_t n,
                          ingest_error *error) {
    (void)self, (void)error;
    for (uint64_t i = 0; i < n; ++i) {
        if (!is_trigger(batches[i])) continue;
        if (FAULT == sink_crashes) crash();
        if (FAULT == sink_exits) exit(0);
    }
    return INGEST_OK;
}

static void health(void *self, ingest_health *out) {
    if (FAULT == sink_hangs_in_health) hang();
    sound_health(self, out);
}

static int32_t flush(void *self, int64_t deadline_ns, ingest_error *error) {
    (void)self, (void)deadline_ns, (void)error;
    if (FAULT == sink_crashes_in_flush) crash();
    return INGEST_OK;
}

__attribute__((constructor)) static void load(void) {
    if (FAULT == exits_on_loading) exit(0);
}

__attribute__((destructor)) static void unload(void) {
    if (FAULT == hangs_at_exit) hang();
}

static const void *get_interface(ingest_str id) {
    static const ingest_validator validator = {sizeof validator, 0, create, validate, destroy};
    static const ingest_sink sink = {sizeof sink, 0,     create, write_rows,
                                     health,      flush, destroy};
    if (FAULT >= sink_crashes) return is_id(id, INGEST_SINK_ID) ? &sink : NULL;
    return is_id(id, INGEST_VALIDATOR_ID) ? &validator : NULL;
}

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host) {
    (void)host;
    return describe(FAULT >= sink_crashes ? sound_sink : sound_validator, get_interface);
}
