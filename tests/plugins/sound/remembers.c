/* A validator with a memory, as the ABI wants one: an equipment may report once; what was refused
 * or is only a trial is not remembered. */
#include <ingest/plugin.h>
#include <stdlib.h>
#include <string.h>

__attribute__((visibility("default"))) const ingest_plugin *ingest_plugin_entry_v1(
    const ingest_host *host);

#define TEXT(literal) ((ingest_str){literal, sizeof(literal) - 1})

typedef struct {
    uint8_t seen[1 << 16]; /* by a hash of the equipment */
} Memory;

static int32_t create(const ingest_host *host, ingest_str options, const struct ArrowSchema *schema,
                      void **self, ingest_error *error) {
    (void)host, (void)options, (void)schema, (void)error;
    *self = calloc(1, sizeof(Memory));
    return *self != NULL ? INGEST_OK : INGEST_INTERNAL;
}

static int32_t validate(void *self, const ingest_batch *batch, ingest_report *report,
                        ingest_error *error) {
    (void)error;
    Memory *memory = self;
    const struct ArrowArray *ids = batch->data->children[INGEST_COLUMN_EQUIPMENT_ID];
    const int32_t *ends = ids->buffers[1];
    const char *chars = ids->buffers[2];
    for (int64_t row = 0; row < batch->data->length; ++row) {
        if ((batch->refused[row / 8] >> (row % 8) & 1) != 0) continue;
        uint32_t hash = 2166136261U; /* FNV-1a */
        for (int32_t i = ends[row]; i < ends[row + 1]; ++i) {
            hash = (hash ^ (uint8_t)chars[i]) * 16777619U;
        }
        uint8_t *seen = &memory->seen[hash % sizeof memory->seen];
        if (*seen) {
            report->issue(report->ctx, row, INGEST_COLUMN_EQUIPMENT_ID, INGEST_REJECT_ROW,
                          TEXT("repeated"), TEXT("has reported before"));
        }
        if ((batch->flags & INGEST_BATCH_TRIAL) == 0) *seen = 1;
    }
    return INGEST_OK;
}

static const void *get_interface(ingest_str id) {
    static const ingest_validator table = {sizeof table, 0, create, validate, free};
    const ingest_str known = TEXT(INGEST_VALIDATOR_ID);
    return id.size == known.size && memcmp(id.data, known.data, id.size) == 0 ? &table : NULL;
}

const ingest_plugin *ingest_plugin_entry_v1(const ingest_host *host) {
    (void)host;
    static ingest_plugin plugin;
    plugin.struct_size = sizeof plugin;
    plugin.built_minor = INGEST_ABI_MINOR;
    plugin.id = TEXT("remembers");
    plugin.version = TEXT("1.0.0");
    plugin.description = TEXT("An equipment may report once.");
    plugin.manifest_json =
        TEXT("{\"kind\":\"validator\",\"shared_state\":true,\"reads\":[\"equipment_id\"],"
             "\"issues\":[{\"code\":\"repeated\",\"description\":\"It has reported before.\"}]}");
    plugin.get_interface = get_interface;
    return &plugin;
}
