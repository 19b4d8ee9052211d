#include "app/ingest_check/arguments.h"

namespace ingest::app::ingest_check {
namespace {

Result<void> set_options(Arguments& arguments, std::string_view yaml) {
    if (arguments.has_options) return Error{"--options is given twice"};
    arguments.has_options = true;
    arguments.options = yaml;
    return {};
}

Result<void> take(const std::vector<std::string_view>& words, std::size_t& at,
                  Arguments& arguments) {
    const std::string_view word = words[at++];
    constexpr std::string_view with_value = "--options=";
    if (word == "--help" || word == "-h") {
        arguments.help = true;
    } else if (word == "--json") {
        arguments.json = true;
    } else if (word.starts_with(with_value)) {
        return set_options(arguments, word.substr(with_value.size()));
    } else if (word == "--options") {
        if (at == words.size()) return Error{"--options needs YAML or @FILE behind it"};
        return set_options(arguments, words[at++]);
    } else if (word.starts_with("-") && word != "-") {
        return Error{"there is no option " + std::string(word)};
    } else if (!arguments.file.empty()) {
        return Error{"one plugin at a time: " + arguments.file.string() + " and " +
                     std::string(word) + " are two"};
    } else {
        arguments.file = word;
    }
    return {};
}

}  // namespace

Result<Arguments> parse_arguments(const std::vector<std::string_view>& words) {
    Arguments arguments;
    for (std::size_t at = 0; at < words.size();) {
        if (auto taken = take(words, at, arguments); !taken) return taken.error();
    }
    if (arguments.help) return arguments;
    if (arguments.file.empty()) return Error{"which plugin? Say ingest-check FILE.so"};
    std::error_code failed;
    const auto status = std::filesystem::symlink_status(arguments.file, failed);
    if (!std::filesystem::exists(status)) {
        return Error{"there is no file " + arguments.file.string()};
    }
    return arguments;
}

std::string_view usage() noexcept {
    return R"(usage: ingest-check FILE.so [--options YAML] [--json]

Checks a plugin as its host would use it, and as hosts of later years may: what its file is, what
loading it does, how it describes itself, bad options, empty, large and strange batches, batches in
memory that must not be touched, leaks, deadlines, threads. Each check runs in a process of its own,
so a plugin that crashes or hangs is a finding, not the end.

  --options YAML   the plugin's options, as they would stand in the configuration:
                     --options '{ temperature: { min: -50, max: 200 } }'
  --options @FILE  the same from a file. ${VAR}, ${VAR:-default} and ${file:PATH} are replaced, as
                   in the configuration. Without options: the manifest's defaults
  --json           one JSON document instead of lines
  --help           this

A sink is written to: name a database, a table, a queue or a file that is there for tests. Without a
server that answers, what needs one is skipped, and that it says RETRY in time is checked.

Each line is a check: ok, FAILED, or skipped with the reason; a failure is followed by what to do.
docs/plugin-check.md lists all checks with their reasons.

Exit status: 0 no check failed, 1 some did, 2 the command line or the options are wrong.
)";
}

}  // namespace ingest::app::ingest_check
