// A plugin that was built without hidden visibility: what it has of spdlog is everybody's, and the
// static of an inline function is a GNU-unique symbol, one for the whole process.
#include "sound.h"

namespace spdlog {

inline int& registry() {
    static int registered = 0;
    return registered;
}

void info(const char*) { ++registry(); }

}  // namespace spdlog

namespace {

const void* get_interface(ingest_str id) {
    static const ingest_validator table{sizeof table, 0, sound_create, sound_validate,
                                        sound_destroy};
    spdlog::info("asked");
    return is_id(id, INGEST_VALIDATOR_ID) ? &table : nullptr;
}

}  // namespace

const ingest_plugin* ingest_plugin_entry_v1(const ingest_host*) {
    return describe(sound_validator, get_interface);
}
