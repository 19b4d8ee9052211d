#pragma once

#include <filesystem>

#include <sys/stat.h>

#include "base/descriptor.h"
#include "base/error.h"

namespace ingest::plugin {

// An error unless root or the user of this process owns what `status` is of, and nobody else may
// write it; a sticky directory such as /tmp lets others add files, but not replace ours.
Result<void> verify_owner_and_mode(const std::filesystem::path& path, const struct stat& status);

// Opens a directory (O_PATH) from the root on, one name after the other, and verifies each as it is
// opened: nobody else can put another directory, or a link, in the place of one. On the way links
// are followed that root or the user of this process has made; the directory itself is none.
//
// Not asked of what is on the way to this executable as well: who may change that may put another
// host there. So a build works below a directory of whoever.
Result<Descriptor> open_trusted_directory(const std::filesystem::path& dir);

// As before, of a directory that libraries are looked for in: it may be absent, where nobody else
// can make it.
Result<void> verify_search_directory(const std::filesystem::path& dir);

}  // namespace ingest::plugin
