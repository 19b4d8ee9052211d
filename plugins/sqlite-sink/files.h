#pragma once

#include <filesystem>

namespace ingest::sqlite_sink {

// Each returns 0 or an errno value.

// Makes the directory and its missing parents, each entry synced into its parent's.
int make_directories(const std::filesystem::path& directory);

// A file's or directory's content, to the disk. A file that is not there is no error.
int sync_path(const std::filesystem::path& path);

}  // namespace ingest::sqlite_sink
