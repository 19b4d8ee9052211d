#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include <ingest/plugin/entry.h>

#include "base/error.h"

namespace ingest::plugin {

// What a plugin says of itself, copied out of its static memory and checked.
struct Identity {
    std::uint32_t built_minor = 0;
    std::string id;
    std::string version;
    std::string description;
    std::string manifest_json;
    const void* (*get_interface)(ingest_str id) = nullptr;
};

// The first thing done with what the entry symbol returned. `expected_id` is the file's name
// without its ending. Pure but for reading `plugin`.
Result<Identity> shake_hands(const ingest_plugin* plugin, std::string_view expected_id,
                             std::uint32_t host_minor = INGEST_ABI_MINOR);

// A copy of a plugin's struct by the growth rule. False when it is smaller than this host's: no
// struct has grown since minor 0, so every plugin has at least these fields. When one grows, the
// least size becomes that of minor 0 and the rest stays zero.
template <class Struct>
bool copy_grown(const void* from, Struct& to) noexcept {
    std::uint32_t size = 0;
    std::memcpy(&size, from, sizeof size);
    to = Struct{};
    if (size < sizeof(Struct)) return false;
    std::memcpy(&to, from, sizeof(Struct));
    to.struct_size = sizeof(Struct);
    return true;
}

}  // namespace ingest::plugin
