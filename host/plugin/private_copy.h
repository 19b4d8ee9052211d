#pragma once

#include <filesystem>
#include <string>

#include "base/descriptor.h"
#include "base/error.h"

namespace ingest::plugin {

// A plugin's file in memory (memfd_create), sealed: nobody can change it any more. Libraries are
// loaded from such a copy, so that a file that is overwritten in place cannot hurt the running
// host, and the digest is that of the bytes that run.
//
// What follows from it: the loader knows the library as /proc/PID/fd/N, which debuggers and
// profilers of the running process can open too. $ORIGIN in its RUNPATH leads nowhere, and /proc
// must be mounted. The copy takes the file's size in memory.
struct PrivateCopy {
    Descriptor memory;
    std::string digest;  // SHA-256, 64 lower-case hex digits

    // What to give to the loader. Good until `memory` is closed, which must not be before the
    // process ends once the loader has it: it compares names, and a number may come again.
    std::filesystem::path path() const;
};

// Opens and verifies `file` (file_check.h) and copies it. Any thread.
Result<PrivateCopy> copy_privately(const std::filesystem::path& file);

// The SHA-256 of a plugin's file as it is now, verified as for loading: another one than that of
// the library that runs means that there is something new to load. Any thread.
Result<std::string> digest_of(const std::filesystem::path& file);

}  // namespace ingest::plugin
