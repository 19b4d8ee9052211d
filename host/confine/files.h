#pragma once

#include <filesystem>
#include <vector>

#include "base/error.h"

namespace ingest::confine {

// What stands in "/" and is not the system's own: of a directory that no host writes to, as /etc,
// /usr or /proc, it has nothing. Paths to give to restrict_files().
std::vector<std::filesystem::path> all_but_the_system();

// From now on this thread and those that it starts can change files and directories only in and
// below `writable`, and in /dev/null and its like; all else that would be written, made, renamed or
// removed fails with EACCES, and so does every file that is executed. What is open stays open, and
// reading is as it was; only other processes' memory, environment and descriptors in /proc are
// closed to them. For ever. Of `writable`, a path that is not there is left out.
//
// False: this kernel, older than Linux 6.2, still lets files anywhere be cut off. An error: it has
// no Landlock, or one before Linux 5.19, and nothing is restricted. Main thread, before others.
//
// REQUIRES: no_new_privs, as refuse_calls() sets it.
Result<bool> restrict_files(const std::vector<std::filesystem::path>& writable);

}  // namespace ingest::confine
