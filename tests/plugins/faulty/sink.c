/* Sinks that break their promises. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "sound.h"

enum {
    hanging_sink,          /* until the process ends */
    sink_ignores_deadline, /* returns long after it */
    sink_says_garbage,
    sink_says_nothing, /* but the code */
    sink_not_idempotent,
    slow_sink_create, /* connects, say */
    garbage_health,
    health_waits, /* for the write under way */
    flush_rejects
};

static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint writes;

static int32_t create(const ingest_host *host, ingest_str options, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    if (FAULT == slow_sink_create) sleep(2);
    return sound_create(host, options, schema, self, error);
}

static int32_t write_rows(void *self, const ingest_batch *const *batches, uint64_t n,
                          ingest_error *error) {
    (void)self;
    while (FAULT == hanging_sink) pause();
    if (FAULT == sink_ignores_deadline) sleep(30);
    if (FAULT == sink_says_garbage) return -5;
    if (FAULT == sink_says_nothing) return INGEST_RETRY;
    if (FAULT == health_waits) {
        pthread_mutex_lock(&writing);
        sleep(3);
        pthread_mutex_unlock(&writing);
    }
    const int rows = n > 0 && batches[0]->data->length > 0;
    if (FAULT == sink_not_idempotent && rows && atomic_fetch_add(&writes, 1) > 0) {
        strcpy(error->message, "duplicate key");
        return INGEST_REJECT;
    }
    return INGEST_OK;
}

static void health(void *self, ingest_health *out) {
    sound_health(self, out);
    if (FAULT == garbage_health) {
        out->state = 42;
        memset(out->message, 'x', sizeof out->message);
    }
    if (FAULT == health_waits) {
        pthread_mutex_lock(&writing);
        pthread_mutex_unlock(&writing);
    }
}

static int32_t flush(void *self, int64_t deadline_ns, ingest_error *error) {
    (void)self, (void)deadline_ns, (void)error;
    return FAULT == flush_rejects ? INGEST_REJECT : INGEST_OK;
}

static const void *get_interface(ingest_str id) {
    static const ingest_sink table = {sizeof table, 0,     create,       write_rows,
                                      health,       flush, sound_destroy};
    return is_id(id, INGEST_SINK_ID) ? &table : NULL;
}

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host) {
    (void)host;
    return describe(sound_sink, get_interface);
}
