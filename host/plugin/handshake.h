#pragma once

#include <algorithm>
#include <cstdint>
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

// A struct that plugins make: its name, its size in minor 0 (INGEST_..._SIZE_0), its alignment.
struct GrownStruct {
    std::string_view name;
    std::uint32_t size_0;
    std::size_t alignment;
};

// The struct_size at `from`, or an error when no plugin of any minor has such a size.
Result<std::uint32_t> grown_size(const void* from, const GrownStruct& grown);

// A copy of a plugin's struct by the growth rule of <ingest/plugin/status.h>: what this host does
// not know is left out, what the plugin did not have is zero.
template <class Struct>
Result<Struct> copy_grown(const void* from, std::string_view name, std::uint32_t size_0) {
    const auto size = grown_size(from, {name, size_0, alignof(Struct)});
    if (!size) return size.error();
    Struct copy{};
    std::memcpy(&copy, from, std::min<std::size_t>(*size, sizeof copy));
    copy.struct_size = sizeof copy;
    if (copy.reserved != 0) {
        return Error{"its " + std::string(name) + " has " + std::to_string(copy.reserved) +
                     " in `reserved`, where 0 is due"};
    }
    return copy;
}

}  // namespace ingest::plugin
