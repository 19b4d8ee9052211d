/* A sink that answers queries, or a validator, with one fault in one of its tables. Which one is in
 * the environment, so that one library does for all: INGEST_TEST_FAULT is "TABLE.FIELD". */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/plugin.h"

static int32_t create(const ingest_host *host, ingest_str options_json,
                      const struct ArrowSchema *schema, void **self, ingest_error *error)
{
    (void)host, (void)options_json, (void)schema, (void)error;
    *self = NULL;
    return INGEST_OK;
}

static int32_t validate(void *self, const ingest_batch *batch, ingest_report *report,
                        ingest_error *error)
{
    (void)self, (void)batch, (void)report, (void)error;
    return INGEST_OK;
}

static int32_t write(void *self, const ingest_batch *const *batches, uint64_t n,
                     ingest_error *error)
{
    (void)self, (void)batches, (void)n, (void)error;
    return INGEST_OK;
}

static void health(void *self, ingest_health *out)
{
    (void)self;
    out->state = INGEST_HEALTH_CONNECTED;
    out->message[0] = '\0';
}

static int32_t flush(void *self, int64_t deadline_ns, ingest_error *error)
{
    (void)self, (void)deadline_ns, (void)error;
    return INGEST_OK;
}

static int32_t latest(void *self, ingest_str equipment_id, uint32_t limit, int64_t deadline_ns,
                      ingest_rows *out, ingest_error *error)
{
    (void)self, (void)equipment_id, (void)limit, (void)deadline_ns, (void)out, (void)error;
    return INGEST_OK;
}

static void destroy(void *self)
{
    (void)self;
}

static const char *fault(void)
{
    const char *told = getenv("INGEST_TEST_FAULT");
    return told == NULL ? "" : told;
}

static int is(ingest_str text, const char *wanted)
{
    return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

/* `struct_size` and `reserved` are where they are in every table. */
static const void *spoilt_head(const char *prefix, void *table)
{
    uint32_t head[2];
    const size_t length = strlen(prefix);
    if (strncmp(fault(), prefix, length) != 0) return table;
    memcpy(head, table, sizeof head);
    if (strcmp(fault() + length, ".struct_size") == 0) head[0] = 16;
    if (strcmp(fault() + length, ".reserved") == 0) head[1] = 7;
    memcpy(table, head, sizeof head);
    return table;
}

#define WITHOUT(prefix, field) \
    if (strcmp(fault(), prefix "." #field) == 0) table.field = NULL

static const void *get_interface(ingest_str id)
{
    if (is(id, INGEST_VALIDATOR_ID) && strncmp(fault(), "validator", 9) == 0) {
        static ingest_validator table;
        table = (ingest_validator){sizeof table, 0, create, validate, destroy};
        WITHOUT("validator", create);
        WITHOUT("validator", validate);
        WITHOUT("validator", destroy);
        return spoilt_head("validator", &table);
    }
    if (is(id, INGEST_SINK_ID) && strncmp(fault(), "validator", 9) != 0) {
        static ingest_sink table;
        table = (ingest_sink){sizeof table, 0, create, write, health, flush, destroy};
        WITHOUT("sink", create);
        WITHOUT("sink", write);
        WITHOUT("sink", health);
        WITHOUT("sink", flush);
        WITHOUT("sink", destroy);
        return spoilt_head("sink", &table);
    }
    if (is(id, INGEST_QUERY_ID)) {
        static ingest_query table;
        table = (ingest_query){sizeof table, 0, create, latest, destroy};
        WITHOUT("query", create);
        WITHOUT("query", latest);
        WITHOUT("query", destroy);
        return spoilt_head("query", &table);
    }
    return NULL;
}

static ingest_str text_of(const char *text)
{
    const ingest_str made = {text, strlen(text)};
    return made;
}

__attribute__((visibility("default"))) const ingest_plugin *
ingest_plugin_entry_v1(const ingest_host *host);

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host)
{
    static ingest_plugin plugin;
    (void)host;
    plugin.struct_size = sizeof plugin;
    plugin.built_minor = INGEST_ABI_MINOR;
    plugin.id = text_of("tables");
    plugin.version = text_of("1.0.0");
    plugin.description = text_of("Has one fault");
    plugin.manifest_json = text_of(strncmp(fault(), "validator", 9) == 0
                                       ? "{\"kind\":\"validator\"}"
                                       : "{\"kind\":\"sink\"}");
    plugin.get_interface = get_interface;
    return &plugin;
}
