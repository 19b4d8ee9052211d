// Plugins that let exceptions out.
#include <cstdint>

#include "sound.h"

namespace {

enum {
    throws_int,
    throws_in_create,
    throws_in_destroy,
    sink_throws,
};

std::int32_t create(const ingest_host*, ingest_str, const ArrowSchema*, void** self,
                    ingest_error*) {
    if (FAULT == throws_in_create) throw 42;
    *self = nullptr;
    return INGEST_OK;
}

std::int32_t validate(void*, const ingest_batch* batch, ingest_report*, ingest_error*) {
    if (FAULT == throws_int && batch->data->length > 0) throw 42;
    return INGEST_OK;
}

std::int32_t write(void*, const ingest_batch* const*, std::uint64_t, ingest_error*) { throw 42; }

void destroy(void*) {
    if (FAULT == throws_in_destroy) throw 42;
}

const void* get_interface(ingest_str id) {
    static const ingest_validator validator{sizeof validator, 0, create, validate, destroy};
    static const ingest_sink sink{sizeof sink,  0,           create, write,
                                  sound_health, sound_flush, destroy};
    if (FAULT == sink_throws) return is_id(id, INGEST_SINK_ID) ? &sink : nullptr;
    return is_id(id, INGEST_VALIDATOR_ID) ? &validator : nullptr;
}

}  // namespace

const ingest_plugin* ingest_plugin_entry_v1(const ingest_host*) {
    return describe(FAULT == sink_throws ? sound_sink : sound_validator, get_interface);
}
