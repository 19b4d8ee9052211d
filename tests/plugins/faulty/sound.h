/* What the plugins of this folder do rightly. Each file replaces one part of it per FAULT, an
 * enumerator that CMake gives, and CMake gives PLUGIN_NAME too. */
#pragma once

#include <ingest/plugin.h>
#include <stddef.h>
#include <string.h>

#if defined(__cplusplus)
extern "C"
#endif
__attribute__((visibility("default"))) const ingest_plugin *ingest_plugin_entry_v1(
    const ingest_host *host);

static inline ingest_str text_of(const char *text) {
    ingest_str str = {text, strlen(text)};
    return str;
}

static inline int32_t sound_create(const ingest_host *host, ingest_str options,
                                   const struct ArrowSchema *schema, void **self,
                                   ingest_error *error) {
    (void)host, (void)options, (void)schema, (void)error;
    *self = NULL;
    return INGEST_OK;
}

static inline void sound_destroy(void *self) { (void)self; }

static inline int32_t sound_validate(void *self, const ingest_batch *batch, ingest_report *report,
                                     ingest_error *error) {
    (void)self, (void)batch, (void)report, (void)error;
    return INGEST_OK;
}

static inline int32_t sound_write(void *self, const ingest_batch *const *batches, uint64_t n,
                                  ingest_error *error) {
    (void)self, (void)batches, (void)n, (void)error;
    return INGEST_OK;
}

static inline void sound_health(void *self, ingest_health *out) {
    (void)self;
    out->state = INGEST_HEALTH_CONNECTED;
    out->message[0] = '\0';
}

static inline int32_t sound_flush(void *self, int64_t deadline_ns, ingest_error *error) {
    (void)self, (void)deadline_ns, (void)error;
    return INGEST_OK;
}

/* The manifest of a validator without options that finds nothing, and of such a sink. */
static const char *const sound_validator = "{\"kind\":\"validator\"}";
static const char *const sound_sink = "{\"kind\":\"sink\"}";

typedef const void *(*interface_fn)(ingest_str id);

static inline const ingest_plugin *describe(const char *manifest, interface_fn get_interface) {
    static ingest_plugin plugin;
    plugin.struct_size = sizeof plugin;
    plugin.built_minor = INGEST_ABI_MINOR;
    plugin.id = text_of(PLUGIN_NAME);
    plugin.version = text_of("1.0.0");
    plugin.description = text_of("wrong on purpose");
    plugin.manifest_json = text_of(manifest);
    plugin.get_interface = get_interface;
    return &plugin;
}

static inline int is_id(ingest_str id, const char *wanted) {
    return id.size == strlen(wanted) && memcmp(id.data, wanted, id.size) == 0;
}

/* The index of a column, or -1. */
static inline int64_t column_of(const struct ArrowSchema *schema, const char *name) {
    for (int64_t i = 0; i < schema->n_children; ++i) {
        if (strcmp(schema->children[i]->name, name) == 0) return i;
    }
    return -1;
}
