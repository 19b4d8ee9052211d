/* A validator that tries to get away at its first reading, as one that somebody took over would,
 * and prints to stdout how each attempt ended: "escape NAME ERRNO", then "escapes end". */
#include <ingest/plugin.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "escapes.h"

__attribute__((visibility("default"))) const ingest_plugin *ingest_plugin_entry_v1(
    const ingest_host *host);

#define TEXT(literal) ((ingest_str){literal, sizeof(literal) - 1})

static atomic_flag tried = ATOMIC_FLAG_INIT;

static void make(const Attempt *attempts) {
    for (const Attempt *one = attempts; one->name != NULL; ++one) {
        printf("escape %s %d\n", one->name, one->make());
        fflush(stdout); /* what is not written yet would be a child's too */
    }
}

static int32_t create(const ingest_host *host, ingest_str options, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    (void)host, (void)options, (void)schema, (void)error;
    *self = &tried;
    return INGEST_OK;
}

static int32_t validate(void *self, const ingest_batch *batch, ingest_report *report,
                        ingest_error *error) {
    (void)self, (void)batch, (void)report, (void)error;
    if (atomic_flag_test_and_set(&tried)) return INGEST_OK;
    make(call_attempts);
    make(file_attempts);
    puts("escapes end");
    fflush(stdout);
    return INGEST_OK;
}

static void destroy(void *self) { (void)self; }

static const void *get_interface(ingest_str id) {
    static const ingest_validator table = {sizeof table, 0, create, validate, destroy};
    const ingest_str known = TEXT(INGEST_VALIDATOR_ID);
    return id.size == known.size && memcmp(id.data, known.data, id.size) == 0 ? &table : NULL;
}

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host) {
    (void)host;
    static ingest_plugin plugin;
    plugin.struct_size = sizeof plugin;
    plugin.built_minor = INGEST_ABI_MINOR;
    plugin.id = TEXT("escapes");
    plugin.version = TEXT("1.0.0");
    plugin.description = TEXT("Tries to get away.");
    plugin.manifest_json = TEXT("{\"kind\":\"validator\",\"shared_state\":true}");
    plugin.get_interface = get_interface;
    return &plugin;
}
