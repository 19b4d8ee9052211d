/* Plugins that are wrong on purpose, one a FAULT; library_test.cpp says what is due to each. */
#include <ingest/plugin.h>
#include <stddef.h>

#define NO_ENTRY 1
#define RETURNS_NULL 2
#define SIZE_ZERO 3
#define NEWER_HOST 4
#define OTHER_NAME 5
#define BAD_MANIFEST 6
#define NO_TABLE 7
#define NULL_FUNCTION 8
#define UNDEFINED_SYMBOL 9

#define TEXT(literal) \
    { literal, sizeof(literal) - 1 }

#if FAULT == UNDEFINED_SYMBOL
int nobody_has_this(void);
#endif

static int32_t create(const ingest_host *host, ingest_str options, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    (void)host, (void)options, (void)schema, (void)error;
    *self = NULL;
    return INGEST_OK;
}

static void destroy(void *self) { (void)self; }

static const void *get_interface(ingest_str id) {
    /* No validate function. */
    static const ingest_validator table = {sizeof table, 0, create, NULL, destroy};
    (void)id;
#if FAULT == NO_TABLE
    return NULL;
#elif FAULT == UNDEFINED_SYMBOL
    return nobody_has_this() ? &table : NULL;
#else
    return &table;
#endif
}

#if FAULT == NO_ENTRY
const ingest_plugin *another_symbol(const ingest_host *host);
__attribute__((visibility("default"))) const ingest_plugin *another_symbol(const ingest_host *host)
#else
const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host);
__attribute__((visibility("default"))) const ingest_plugin *ingest_plugin_entry_v1(
    const ingest_host *host)
#endif
{
    static const ingest_plugin plugin = {
        .struct_size = FAULT == SIZE_ZERO ? 0 : sizeof(ingest_plugin),
        .built_minor = INGEST_ABI_MINOR,
        .min_host_minor = FAULT == NEWER_HOST ? 99 : 0,
#if FAULT == OTHER_NAME
        .id = TEXT("another"),
#else
        .id = TEXT(NAME),
#endif
        .version = TEXT("1.0.0"),
        .description = TEXT("wrong on purpose"),
#if FAULT == BAD_MANIFEST
        .manifest_json = TEXT("{"),
#else
        .manifest_json = TEXT("{\"kind\":\"validator\"}"),
#endif
        .get_interface = get_interface};
    (void)host;
    return FAULT == RETURNS_NULL ? NULL : &plugin;
}
