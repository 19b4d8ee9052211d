#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace ingest::conformance {

// What a shared library's file says of itself, read without loading it.
struct ElfFile {
    struct Symbol {
        std::string name;
        bool unique = false;  // STB_GNU_UNIQUE: one for the whole process
        bool weak = false;
    };
    std::vector<Symbol> exported;
    std::vector<Symbol> undefined;
    std::vector<std::string> needed;    // DT_NEEDED
    std::vector<std::string> run_path;  // DT_RUNPATH or DT_RPATH, taken apart
    bool executable_stack = false;
    bool text_relocations = false;
};

// An error when it is no shared library for this machine, or its tables are damaged.
Result<ElfFile> read_elf(const std::filesystem::path& file);

}  // namespace ingest::conformance
