#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ingest::app {

enum class Command {
    serve,
    reload,
    check,
    plugins,
    schema,
    new_plugin,
    probe,
    keys,
    spool,
    dead_letters,
    help,
    version
};

// The command line, checked.
struct Arguments {
    Command command = Command::serve;
    std::filesystem::path config;             // empty: none was given
    std::vector<std::filesystem::path> dirs;  // `plugins|schema --dir DIR`
    std::string url = "http://127.0.0.1:8001/health";  // `probe`
    std::filesystem::path ca;           // `probe --ca FILE`
    std::filesystem::path certificate;  // `probe --certificate FILE --key FILE`
    std::filesystem::path key;
    bool insecure = false;              // `probe --insecure`
    // `keys new|list|revoke`, `spool ls|check|export`, `dead-letters ls|replay|drop`
    std::string action;
    // `spool --dir DIR`, `reload --dir DIR`: the spool's; empty: the configuration's.
    // `new-plugin --dir DIR`: the project's; empty: its name
    std::filesystem::path dir;
    std::chrono::seconds wait{120};  // `reload --wait SECONDS`
    std::string name;                // `new-plugin NAME`, `keys new|revoke NAME`, as it was typed
    std::filesystem::path file;      // `keys --file FILE`; empty: the configuration's
    std::vector<std::string> scopes;    // `keys new --scope WORD`
    std::vector<std::string> prefixes;  // `keys new --prefix TEXT`
    std::string expires;                // `keys new --expires TIME`, as it was typed
    std::string kind;                // `new-plugin --kind`, one of plugin_kinds
    std::string language;            // `new-plugin --lang`, one of plugin_languages
    std::string sink;              // `--sink NAME`; empty: all
    std::vector<std::string> ids;  // `dead-letters replay|drop --id READING_ID`
    bool print = false;            // `check --print`
    bool all = false;              // `dead-letters replay|drop --all`; then there are no ids
    bool json = false;             // `plugins`, `spool ls|check`, `dead-letters ls`
    bool batches = false;          // `spool export --batches`
    bool quarantine = false;       // `spool export --quarantine`
};

// `words` are the arguments without the program's name. `port` is the environment's PORT, or empty.
Result<Arguments> parse_arguments(const std::vector<std::string_view>& words,
                                  std::string_view port);

std::string_view usage() noexcept;

}  // namespace ingest::app
