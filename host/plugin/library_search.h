#pragma once

#include <filesystem>

#include "base/error.h"

namespace ingest::plugin {

// An error when a library, whose bytes are in `memory` from the beginning on, makes the loader look
// for the libraries that it needs where others may put some, or where nobody means it to: its
// RUNPATH or RPATH, and names of libraries that are paths, must be absolute and lead through
// directories of which nobody else may write any. $ORIGIN is refused: a plugin is loaded from a
// copy in memory (private_copy.h), so it leads to /proc. So are relative ones: they begin where the
// host was started. Asked before loading; what is no library is left to the loader to refuse.
Result<void> verify_library_search(const std::filesystem::path& file, int memory);

}  // namespace ingest::plugin
