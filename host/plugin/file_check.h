#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ingest::plugin {

// A plugin's id, which is also its file's name: [a-z0-9-]{1,64}. So a name can never leave the
// plugin directories.
bool is_plugin_id(std::string_view id) noexcept;

// The first `<dir>/<id>.so` that exists.
Result<std::filesystem::path> find_plugin_file(std::span<const std::filesystem::path> dirs,
                                               std::string_view id);

// What must hold before a library is opened, because its constructors run on opening: a regular
// file (no symbolic link), owned by root or by the user of this process, writable by no one else,
// in a directory of which the same is true, and with the digest that the configuration pins.
// `sha256` is 64 hex digits, or empty for any content.
Result<void> verify_plugin_file(const std::filesystem::path& file, std::string_view sha256);

}  // namespace ingest::plugin
