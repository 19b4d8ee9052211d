/* A validator that was built with minor 1. NEEDS is the least host minor that it works with: with 0
 * it does without what an older host has not got.
 *
 * It refuses readings from the future, if the host can tell the time of day, and marks the others
 * as seen: by a note, or by a warning where there are no notes. */
#include <stdlib.h>

#include "later.h"

struct validator {
    ingest_host host;
};

static int32_t create(const ingest_host *host, ingest_str options_json,
                      const struct ArrowSchema *schema, void **self, ingest_error *error)
{
    struct validator *validator = malloc(sizeof *validator);
    (void)options_json;
    (void)schema;
    (void)error;
    if (validator == NULL) return INGEST_INTERNAL;
    take(&validator->host, sizeof validator->host, host);
    if (validator->host.unix_us == NULL) {
        host->log(host->ctx, INGEST_LOG_INFO, text_of("this host cannot tell the time"));
    }
    *self = validator;
    return INGEST_OK;
}

static int32_t validate(void *self, const ingest_batch *batch, ingest_report *report,
                        ingest_error *error)
{
    const struct validator *validator = self;
    const struct ArrowArray *times = batch->data->children[INGEST_COLUMN_TIMESTAMP];
    const int64_t *measured_us = times->buffers[1];
    ingest_report known;
    (void)error;
    take(&known, sizeof known, report);
    for (int64_t row = 0; row < batch->data->length; ++row) {
        if (validator->host.unix_us != NULL &&
            measured_us[row] > validator->host.unix_us(validator->host.ctx)) {
            known.issue(known.ctx, row, INGEST_COLUMN_TIMESTAMP, INGEST_REJECT_ROW,
                        text_of("early"), text_of("is in the future"));
        } else if (known.note != NULL) {
            known.note(known.ctx, row, text_of("seen"));
        } else {
            known.issue(known.ctx, row, -1, INGEST_WARN, text_of("seen"), text_of("seen"));
        }
    }
    return INGEST_OK;
}

static void destroy(void *self)
{
    free(self);
}

static uint64_t describe(void *self, char *buffer, uint64_t room)
{
    static const char line[] = "readings from the future";
    (void)self;
    memcpy(buffer, line, room < sizeof line - 1 ? room : sizeof line - 1);
    return sizeof line - 1;
}

static const void *get_interface(ingest_str id)
{
    static const ingest_validator table = {sizeof table, 0, create, validate, destroy, describe};
    return is(id, INGEST_VALIDATOR_ID) ? &table : NULL;
}

__attribute__((visibility("default"))) const ingest_plugin *
ingest_plugin_entry_v1(const ingest_host *host);

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host)
{
    static ingest_plugin plugin;
    (void)host;
    plugin.struct_size = sizeof plugin;
    plugin.built_minor = INGEST_ABI_MINOR;
    plugin.min_host_minor = NEEDS;
    plugin.id = text_of(NAME);
    plugin.version = text_of("2.0.0");
    plugin.description = text_of("Refuses readings from the future");
    plugin.manifest_json = text_of("{\"kind\":\"validator\",\"reads\":[\"timestamp\"],"
                                   "\"issues\":[{\"code\":\"early\"},{\"code\":\"seen\"}]}");
    plugin.get_interface = get_interface;
    plugin.homepage = text_of("https://plugins.example/future");
    return &plugin;
}
