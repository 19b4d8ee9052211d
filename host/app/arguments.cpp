#include "app/arguments.h"

#include <array>
#include <utility>

namespace ingest::app {
namespace {

constexpr std::array<std::pair<std::string_view, Command>, 5> commands{{
    {"serve", Command::serve},
    {"check", Command::check},
    {"plugins", Command::plugins},
    {"probe", Command::probe},
    {"help", Command::help},
}};

struct Option {
    std::string_view name;
    std::string_view value;
};

// `--name value` or `--name=value`; takes one or two words from `at` on.
Result<Option> take_option(const std::vector<std::string_view>& words, std::size_t& at) {
    std::string_view word = words[at++];
    if (const auto equals = word.find('='); equals != std::string_view::npos) {
        return Option{word.substr(0, equals), word.substr(equals + 1)};
    }
    if (at == words.size()) return Error{std::string(word) + " needs a value behind it"};
    return Option{word, words[at++]};
}

bool takes(Command command, std::string_view option) noexcept {
    if (option == "--config") return command != Command::probe;
    if (option == "--dir") return command == Command::plugins;
    return option == "--url" && command == Command::probe;
}

}  // namespace

Result<Arguments> parse_arguments(const std::vector<std::string_view>& words,
                                  std::string_view port) {
    Arguments arguments;
    if (!port.empty()) arguments.url = "http://127.0.0.1:" + std::string(port) + "/health";
    std::size_t at = 0;
    if (!words.empty() && !words[0].starts_with("-")) {
        bool known = false;
        for (const auto& [name, command] : commands) {
            if (name != words[0]) continue;
            arguments.command = command;
            known = true;
        }
        if (!known) return Error{"there is no command '" + std::string(words[0]) + "'"};
        at = 1;
    }
    while (at < words.size()) {
        if (words[at] == "--help" || words[at] == "-h" || words[at] == "--version") {
            arguments.command = words[at] == "--version" ? Command::version : Command::help;
            return arguments;
        }
        if (!words[at].starts_with("--")) {
            return Error{"'" + std::string(words[at]) + "' is no option; options begin with --"};
        }
        const std::string_view written = words[at];
        const auto option = take_option(words, at);
        if (!option) return option.error();
        if (!takes(arguments.command, option->name)) {
            return Error{"there is no option " + std::string(written) + " here"};
        }
        if (option->name == "--config") arguments.config = option->value;
        if (option->name == "--dir") arguments.dirs.emplace_back(option->value);
        if (option->name == "--url") arguments.url = option->value;
    }
    const bool needs_config =
        arguments.command == Command::serve || arguments.command == Command::check;
    if (needs_config && arguments.config.empty()) {
        return Error{"which configuration? Say --config FILE, for example --config config.yaml"};
    }
    return arguments;
}

std::string_view usage() noexcept {
    return R"(ingest-host: takes sensor readings over HTTP and delivers them through plugins

  ingest-host [serve] --config FILE     serve until SIGTERM or SIGINT
  ingest-host check --config FILE       read the configuration and try its plugins; serve nothing
  ingest-host plugins [--config FILE] [--dir DIR]...
                                        list the plugins that are there, with their options
  ingest-host probe [--url URL]         ask a running host for its health; for containers
  ingest-host --version | --help

Exit status: 0 all is well, 1 it failed, 2 the command line or the configuration is wrong.
)";
}

}  // namespace ingest::app
