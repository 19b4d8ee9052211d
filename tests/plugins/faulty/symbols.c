/* Sound validators in libraries that are not. */
#include "sound.h"

enum {
    exports_pqexec,
    needs_missing_library,
    executable_stack
};

#define EXPORTED __attribute__((visibility("default")))

/* As a plugin that was linked with a static libpq would have it. */
EXPORTED void *PQexec(void *connection, const char *query);
EXPORTED void *PQexec(void *connection, const char *query) {
    (void)connection, (void)query;
    return NULL;
}

#if NEEDS_LIBRARY
int from_missing_library(void);
#endif

static const void *get_interface(ingest_str id) {
    static const ingest_validator table = {sizeof table, 0, sound_create, sound_validate,
                                           sound_destroy};
#if NEEDS_LIBRARY
    if (from_missing_library() != 0) return NULL;
#endif
    return is_id(id, INGEST_VALIDATOR_ID) ? &table : NULL;
}

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host) {
    (void)host;
    return describe(sound_validator, get_interface);
}
