/* A validator that tells by its description which definition of a name its calls reach. */
#include <string.h>

#include "ingest/plugin.h"

#define EXPORTED __attribute__((visibility("default")))

/* Weak, so that no compiler takes this definition for the only one. */
EXPORTED __attribute__((weak, noinline)) const char *ingest_test_whose(void);
EXPORTED __attribute__((weak, noinline)) const char *ingest_test_whose(void)
{
    return "the plugin's";
}

static ingest_str text_of(const char *text)
{
    const ingest_str made = {text, strlen(text)};
    return made;
}

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

static void destroy(void *self)
{
    (void)self;
}

static const void *get_interface(ingest_str id)
{
    static const ingest_validator table = {sizeof table, 0, create, validate, destroy};
    static const char known[] = INGEST_VALIDATOR_ID;
    return id.size == sizeof known - 1 && memcmp(id.data, known, id.size) == 0 ? &table : NULL;
}

EXPORTED const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host);

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host)
{
    static ingest_plugin plugin;
    (void)host;
    plugin.struct_size = sizeof plugin;
    plugin.built_minor = INGEST_ABI_MINOR;
    plugin.id = text_of("lookup");
    plugin.version = text_of("1.0.0");
    plugin.description = text_of(ingest_test_whose());
    plugin.manifest_json = text_of("{\"kind\":\"validator\"}");
    plugin.get_interface = get_interface;
    return &plugin;
}
