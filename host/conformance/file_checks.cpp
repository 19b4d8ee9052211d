#include <cstdlib>
#include <memory>
#include <vector>

#include <cxxabi.h>
#include <dlfcn.h>

#include <ingest/plugin/entry.h>

#include "conformance/elf_file.h"
#include "conformance/groups.h"
#include "conformance/listing.h"
#include "conformance/whereabouts.h"
#include "plugin/file_check.h"

namespace ingest::conformance {
namespace {

constexpr std::string_view rebuild =
    "build it with ingest_add_plugin of the SDK's CMake, or with -fvisibility=hidden "
    "-fvisibility-inlines-hidden, a version script that says { global: " INGEST_ENTRY_SYMBOL
    "; local: *; }; and -Wl,-z,defs";

// "spdlog::info(char const*)", as people write it.
std::string demangled(const std::string& symbol) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> readable(
        abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
    return status == 0 && readable ? readable.get() : symbol;
}

// Opens a library that the plugin needs as the loader will: by the plugin's run path first. The
// handle stays open, as the plugin's would.
void* open_needed(const ElfFile& elf, const std::string& name) {
    now_doing("loading " + name + ", which the plugin needs");
    for (const std::string& dir : elf.run_path) {
        const std::string path = dir + "/" + name;
        if (void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return handle;
    }
    return ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
}

}  // namespace

Outcome check_file(const Subject& subject) {
    if (const auto opened = plugin::open_plugin_file(subject.file); !opened) {
        return failed(opened.error().message,
                      "the host loads no file that others could replace: make it a regular file "
                      "of yours or root's that only its owner can write, and its directory too");
    }
    if (subject.file.extension() != ".so" || !plugin::is_plugin_id(subject.id)) {
        return failed("the file is called " + subject.file.filename().string(),
                      "call it ID.so, where ID is the plugin's id: 1 to 64 of a-z, 0-9 and '-'");
    }
    if (const auto elf = read_elf(subject.file); !elf) {
        return failed(elf.error().message, "build a shared library for this machine (-shared)");
    }
    return passed("a regular file that only its owner can change, a library for this machine");
}

Outcome check_exports(const Subject& subject) {
    const auto elf = read_elf(subject.file);
    if (!elf) return failed(elf.error().message, "build it anew");
    bool has_entry = false;
    std::vector<std::string> others;
    for (const ElfFile::Symbol& symbol : elf->exported) {
        if (symbol.name == INGEST_ENTRY_SYMBOL) {
            has_entry = true;
        } else {
            others.push_back(demangled(symbol.name) +
                             (symbol.unique ? " (one for the whole process)" : ""));
        }
    }
    if (!has_entry) {
        return failed("it does not export " INGEST_ENTRY_SYMBOL,
                      "define `const ingest_plugin* " INGEST_ENTRY_SYMBOL
                      "(const ingest_host*)` with C linkage and default visibility; the SDK's "
                      "macros do");
    }
    if (!others.empty()) {
        Outcome outcome = failed("it exports more than its entry symbol: " + listed(others),
                                 std::string(rebuild) + "; what two libraries export under one "
                                 "name may become one");
        // It can be loaded all the same, and looked at.
        outcome.blocks = false;
        return outcome;
    }
    return passed(INGEST_ENTRY_SYMBOL " alone");
}

Outcome check_needed_libraries(const Subject& subject) {
    const auto elf = read_elf(subject.file);
    if (!elf) return failed(elf.error().message, "build it anew");
    std::vector<std::string> missing;
    for (const std::string& name : elf->needed) {
        if (name.starts_with("libspdlog")) {
            return failed("it needs " + name + ", which the host uses too",
                          "log through ingest_host.log, or link your own copy of spdlog "
                          "statically and hidden: two users of one registry disturb each other");
        }
        if (open_needed(*elf, name) != nullptr) continue;
        const char* words = ::dlerror();
        missing.push_back(name + " (" + (words == nullptr ? "no reason given" : words) + ")");
    }
    for (const std::string& dir : elf->run_path) {
        if (dir.find("$ORIGIN") == std::string::npos && dir.find("${ORIGIN}") == std::string::npos)
            continue;
        if (missing.empty()) continue;
        return failed("it needs " + listed(missing) + ", and its run path has $ORIGIN",
                      "plugins are loaded from a copy in memory, so $ORIGIN leads nowhere: link "
                      "the library statically, or give an absolute run path");
    }
    if (!missing.empty()) {
        return failed("it needs " + listed(missing),
                      "install the package that has it where the host runs, or link it statically");
    }
    return passed(elf->needed.empty() ? "none" : listed(elf->needed, 20));
}

Outcome check_undefined_symbols(const Subject& subject) {
    const auto elf = read_elf(subject.file);
    if (!elf) return failed(elf.error().message, "build it anew");
    std::vector<void*> handles{RTLD_DEFAULT};
    for (const std::string& name : elf->needed) {
        if (void* handle = open_needed(*elf, name)) handles.push_back(handle);
    }
    std::vector<std::string> missing;
    for (const ElfFile::Symbol& symbol : elf->undefined) {
        if (symbol.weak) continue;
        bool found = false;
        for (void* handle : handles) {
            ::dlerror();
            found = found || ::dlsym(handle, symbol.name.c_str()) != nullptr ||
                    ::dlerror() == nullptr;
        }
        if (!found) missing.push_back(demangled(symbol.name));
    }
    if (!missing.empty()) {
        return failed("nobody defines " + listed(missing),
                      "link the library that has it, and always with -Wl,-z,defs, which finds "
                      "this when it is linked");
    }
    return passed("every symbol that it uses is in a library that it needs");
}

Outcome check_executable_stack(const Subject& subject) {
    const auto elf = read_elf(subject.file);
    if (!elf) return failed(elf.error().message, "build it anew");
    if (elf->executable_stack) {
        Outcome outcome = failed(
            "it asks for an executable stack, for the whole process",
            "give assembly files a .note.GNU-stack section, use no nested functions whose address "
            "is taken, and link with -Wl,-z,noexecstack");
        outcome.blocks = false;
        return outcome;
    }
    if (elf->text_relocations) {
        Outcome outcome = failed("its code has to be changed when it is loaded (text relocations)",
                                 "compile everything in it with -fPIC");
        outcome.blocks = false;
        return outcome;
    }
    return passed("no executable stack, no text relocations");
}

}  // namespace ingest::conformance
