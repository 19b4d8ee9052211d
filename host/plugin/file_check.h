#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "base/error.h"

namespace ingest::plugin {

// A plugin's id, which is also its file's name: [a-z0-9-]{1,64}. So a name can never leave the
// plugin directories.
bool is_plugin_id(std::string_view id) noexcept;

// The first `<dir>/<id>.so` that exists.
Result<std::filesystem::path> find_plugin_file(std::span<const std::filesystem::path> dirs,
                                               std::string_view id);

// Opens a plugin's file for reading, and looks at what it opened. What must hold before a library
// may be loaded, because its constructors run on loading: a regular file (no symbolic link), owned
// by root or by the user of this process, writable by no one else, in a directory of which the
// same is true, and of all directories above it (trusted_path.h).
Result<Descriptor> open_plugin_file(const std::filesystem::path& file);

// An error when the two differ. `digest` is 64 lower-case hex digits; `pinned` too, in any case, or
// empty for any content.
Result<void> match_digest(const std::filesystem::path& file, std::string_view digest,
                          std::string_view pinned);

}  // namespace ingest::plugin
