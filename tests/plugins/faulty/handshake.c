/* Validators that describe themselves wrongly. */
#include "sound.h"

enum {
    size_huge,
    reserved_set,
    any_interface,   /* has a table for whatever it is asked for */
    changes_its_mind /* describes itself anew each time */
};

static const void *get_interface(ingest_str id) {
    static ingest_validator table = {sizeof table, 0, sound_create, sound_validate, sound_destroy};
    if (FAULT == reserved_set) table.reserved = 7;
    return FAULT == any_interface || is_id(id, INGEST_VALIDATOR_ID) ? &table : NULL;
}

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host) {
    (void)host;
    static ingest_plugin copies[2];
    static int calls;
    ingest_plugin *plugin = &copies[calls++ % 2];
    *plugin = *describe(sound_validator, get_interface);
    if (FAULT == size_huge) plugin->struct_size = UINT32_C(1) << 30;
    if (FAULT == changes_its_mind && calls > 1) plugin->version = text_of("2.0.0");
    return FAULT == changes_its_mind ? plugin : &copies[0];
}
