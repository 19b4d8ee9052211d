/* A sink with a query that was built with minor 1 and works with minor 0 too. It stores nothing but
 * how many readings it was given, and refuses a batch of more than 2, with an error number of its
 * own where the host has a place for it. */
#include <stdlib.h>

#include "later.h"

struct sink {
    uint64_t readings;
    uint64_t again; /* of batches that were tried before */
    int resting;
};

static int32_t create(const ingest_host *host, ingest_str options_json,
                      const struct ArrowSchema *schema, void **self, ingest_error *error)
{
    (void)host;
    (void)options_json;
    (void)schema;
    (void)error;
    *self = calloc(1, sizeof(struct sink));
    return *self == NULL ? INGEST_INTERNAL : INGEST_OK;
}

static int32_t write(void *self, const ingest_batch *const *batches, uint64_t n,
                     ingest_error *error)
{
    struct sink *sink = self;
    for (uint64_t i = 0; i < n; ++i) {
        ingest_batch batch;
        take(&batch, sizeof batch, batches[i]);
        if (batch.data->length > 2) {
            static const char message[] = "more than 2 readings";
            error->code = INGEST_REJECT;
            memcpy(error->message, message, sizeof message);
            if (REACHES(error, ingest_error, native_code)) error->native_code = 23;
            return INGEST_REJECT;
        }
        sink->readings += (uint64_t)batch.data->length;
        sink->again += batch.attempt > 0;
    }
    sink->resting = 0;
    return INGEST_OK;
}

static void health(void *self, ingest_health *out)
{
    const struct sink *sink = self;
    out->state = sink->resting ? INGEST_HEALTH_DISCONNECTED : INGEST_HEALTH_CONNECTED;
    out->message[0] = '\0';
    if (REACHES(out, ingest_health, since_s)) out->since_s = 42;
}

static int32_t flush(void *self, int64_t deadline_ns, ingest_error *error)
{
    (void)self;
    (void)deadline_ns;
    (void)error;
    return INGEST_OK;
}

static void destroy(void *self)
{
    free(self);
}

static void rest(void *self)
{
    struct sink *sink = self;
    sink->resting = 1;
}

static int32_t latest(void *self, ingest_str equipment_id, uint32_t limit, int64_t deadline_ns,
                      ingest_rows *out, ingest_error *error)
{
    ingest_rows rows;
    int32_t code;
    (void)self;
    (void)limit;
    (void)deadline_ns;
    (void)error;
    take(&rows, sizeof rows, out);
    code = rows.begin_row(rows.ctx);
    if (code == INGEST_OK) code = rows.set_utf8(rows.ctx, INGEST_COLUMN_EQUIPMENT_ID, equipment_id);
    if (code == INGEST_OK && rows.set_null != NULL) {
        code = rows.set_null(rows.ctx, INGEST_COLUMN_FIRST_FIELD);
    }
    return code;
}

static int32_t count(void *self, ingest_str equipment_id, uint64_t *readings)
{
    const struct sink *sink = self;
    (void)equipment_id;
    *readings = sink->readings;
    return INGEST_OK;
}

static const void *get_interface(ingest_str id)
{
    static const ingest_sink sink = {sizeof sink, 0, create, write, health, flush, destroy, rest};
    static const ingest_query query = {sizeof query, 0, create, latest, destroy, count};
    if (is(id, INGEST_QUERY_ID)) return &query;
    return is(id, INGEST_SINK_ID) ? &sink : NULL;
}

__attribute__((visibility("default"))) const ingest_plugin *
ingest_plugin_entry_v1(const ingest_host *host);

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host)
{
    static ingest_plugin plugin;
    (void)host;
    plugin.struct_size = sizeof plugin;
    plugin.built_minor = INGEST_ABI_MINOR;
    plugin.id = text_of("future-sink");
    plugin.version = text_of("2.0.0");
    plugin.description = text_of("Counts readings");
    plugin.manifest_json = text_of("{\"kind\":\"sink\"}");
    plugin.get_interface = get_interface;
    return &plugin;
}
