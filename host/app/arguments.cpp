#include "app/arguments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "app/plugin_project.h"

namespace ingest::app {
namespace {

constexpr std::array<std::string_view, 3> key_actions{"new", "list", "revoke"};
constexpr std::array<std::string_view, 3> spool_actions{"ls", "check", "export"};
constexpr std::array<std::string_view, 3> letter_actions{"ls", "replay", "drop"};

struct CommandRule {
    std::string_view name;
    Command command;
    std::span<const std::string_view> actions = {};  // one of them follows the name
};

constexpr std::array<CommandRule, 11> commands{{
    {"serve", Command::serve},
    {"reload", Command::reload},
    {"check", Command::check},
    {"plugins", Command::plugins},
    {"schema", Command::schema},
    {"new-plugin", Command::new_plugin},
    {"probe", Command::probe},
    {"keys", Command::keys, key_actions},
    {"spool", Command::spool, spool_actions},
    {"dead-letters", Command::dead_letters, letter_actions},
    {"help", Command::help},
}};

// Where an option may stand.
struct OptionRule {
    std::string_view name;
    Command command;
    std::string_view actions = {};  // with blanks between them; empty: all
    bool has_value = true;
};

constexpr std::array<OptionRule, 35> options{{
    {"--config", Command::serve},
    {"--config", Command::reload},
    {"--config", Command::check},
    {"--print", Command::check, {}, false},
    {"--config", Command::plugins},
    {"--config", Command::schema},
    {"--config", Command::keys},
    {"--file", Command::keys},
    {"--scope", Command::keys, "new"},
    {"--prefix", Command::keys, "new"},
    {"--expires", Command::keys, "new"},
    {"--config", Command::spool},
    {"--config", Command::dead_letters},
    {"--dir", Command::plugins},
    {"--dir", Command::schema},
    {"--dir", Command::reload},
    {"--dir", Command::spool},
    {"--dir", Command::new_plugin},
    {"--kind", Command::new_plugin},
    {"--lang", Command::new_plugin},
    {"--json", Command::plugins, {}, false},
    {"--url", Command::probe},
    {"--ca", Command::probe},
    {"--certificate", Command::probe},
    {"--key", Command::probe},
    {"--insecure", Command::probe, {}, false},
    {"--wait", Command::reload},
    {"--json", Command::spool, "ls check", false},
    {"--json", Command::dead_letters, "ls", false},
    {"--sink", Command::spool, "export"},
    {"--sink", Command::dead_letters},
    {"--batches", Command::spool, "export", false},
    {"--quarantine", Command::spool, "export", false},
    {"--id", Command::dead_letters, "replay drop"},
    {"--all", Command::dead_letters, "replay drop", false},
}};

// For an option that this command does not take, or not with this action.
Error misplaced(std::string_view name, const Arguments& arguments) {
    for (const OptionRule& rule : options) {
        if (rule.name != name || rule.command != arguments.command) continue;
        return Error{std::string(name) + " does not go with '" + arguments.action +
                     "' but with: " + std::string(rule.actions)};
    }
    return Error{"there is no option " + std::string(name) + " here"};
}

const OptionRule* rule_of(std::string_view name, const Arguments& arguments) noexcept {
    const auto rule = std::ranges::find_if(options, [&](const OptionRule& one) {
        return one.name == name && one.command == arguments.command &&
               (one.actions.empty() || one.actions.find(arguments.action) != one.actions.npos);
    });
    return rule == options.end() ? nullptr : &*rule;
}

std::string listed(std::span<const std::string_view> words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

// The command and its action; `at` moves behind them.
Result<void> take_command(const std::vector<std::string_view>& words, std::size_t& at,
                          Arguments& arguments) {
    if (words.empty() || words[0].starts_with("-")) return {};
    const auto rule = std::ranges::find(commands, words[0], &CommandRule::name);
    if (rule == commands.end()) {
        return Error{"there is no command '" + std::string(words[0]) + "'"};
    }
    arguments.command = rule->command;
    at = 1;
    if (rule->actions.empty()) return {};
    const std::string name(rule->name);
    if (words.size() < 2 || words[1].starts_with("-")) {
        // Who asks for help gets it.
        if (words.size() > 1 && (words[1] == "--help" || words[1] == "-h")) return {};
        return Error{name + " what? Say " + name + " " + listed(rule->actions)};
    }
    if (std::ranges::find(rule->actions, words[1]) == rule->actions.end()) {
        return Error{"there is no '" + name + " " + std::string(words[1]) + "', but " +
                     listed(rule->actions)};
    }
    arguments.action = words[1];
    at = 2;
    return {};
}

Result<void> set_wait(Arguments& arguments, std::string_view value) {
    unsigned seconds = 0;
    const char* end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, seconds);
    if (read.ec != std::errc() || read.ptr != end || seconds < 1 || seconds > 86'400) {
        return Error{"--wait takes whole seconds, 1 to 86400, not '" + std::string(value) + "'"};
    }
    arguments.wait = std::chrono::seconds(seconds);
    return {};
}

Result<void> set(Arguments& arguments, std::string_view name, std::string_view value) {
    if (name == "--wait") return set_wait(arguments, value);
    if (name == "--config") arguments.config = value;
    const bool searches =
        arguments.command == Command::plugins || arguments.command == Command::schema;
    if (name == "--dir" && searches) {
        arguments.dirs.emplace_back(value);
    } else if (name == "--dir") {
        arguments.dir = value;
    }
    if (name == "--file") arguments.file = value;
    if (name == "--scope") arguments.scopes.emplace_back(value);
    if (name == "--prefix") arguments.prefixes.emplace_back(value);
    if (name == "--expires") arguments.expires = value;
    if (name == "--kind") arguments.kind = value;
    if (name == "--lang") arguments.language = value;
    if (name == "--url") arguments.url = value;
    if (name == "--ca") arguments.ca = value;
    if (name == "--certificate") arguments.certificate = value;
    if (name == "--key") arguments.key = value;
    if (name == "--insecure") arguments.insecure = true;
    if (name == "--sink") arguments.sink = value;
    if (name == "--id") arguments.ids.emplace_back(value);
    if (name == "--print") arguments.print = true;
    if (name == "--all") arguments.all = true;
    if (name == "--json") arguments.json = true;
    if (name == "--batches") arguments.batches = true;
    if (name == "--quarantine") arguments.quarantine = true;
    return {};
}

// `--name value`, `--name=value` or `--name`; takes one or two words from `at` on.
Result<void> take_option(const std::vector<std::string_view>& words, std::size_t& at,
                         Arguments& arguments) {
    const std::string_view word = words[at++];
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const OptionRule* rule = rule_of(name, arguments);
    const bool has_value = equals != word.npos;
    if (rule == nullptr) return misplaced(name, arguments);
    if (!rule->has_value) {
        if (has_value) return Error{std::string(name) + " takes no value"};
        return set(arguments, name, {});
    }
    if (!has_value && at == words.size()) {
        return Error{std::string(name) + " needs a value behind it"};
    }
    return set(arguments, name, has_value ? word.substr(equals + 1) : words[at++]);
}

Result<void> check_new_plugin(const Arguments& arguments) {
    if (arguments.name.empty()) {
        return Error{"new-plugin what? Say new-plugin NAME --kind " + listed(plugin_kinds) +
                     " --lang " + listed(plugin_languages)};
    }
    if (arguments.kind.empty()) {
        return Error{"which kind of plugin? Say --kind " + listed(plugin_kinds)};
    }
    if (std::ranges::find(plugin_kinds, arguments.kind) == plugin_kinds.end()) {
        return Error{"there is no kind '" + arguments.kind + "', but " + listed(plugin_kinds)};
    }
    if (arguments.language.empty()) {
        return Error{"in which language? Say --lang " + listed(plugin_languages)};
    }
    if (std::ranges::find(plugin_languages, arguments.language) == plugin_languages.end()) {
        return Error{"there is no language '" + arguments.language + "', but " +
                     listed(plugin_languages)};
    }
    return {};
}

Result<void> check_keys(const Arguments& arguments) {
    if (arguments.config.empty() == arguments.file.empty()) {
        return Error{"which file of keys? Say either --config FILE, whose http.auth.keys it is, or "
                     "--file FILE"};
    }
    if (arguments.action != "list" && arguments.name.empty()) {
        return Error{"which key? Say keys " + arguments.action + " NAME"};
    }
    if (arguments.action == "new" && arguments.scopes.empty()) {
        return Error{"what may it do? Say --scope ingest, read or admin, as often as needed"};
    }
    return {};
}

Result<void> check_whole(const Arguments& arguments) {
    if (arguments.command == Command::new_plugin) return check_new_plugin(arguments);
    if (arguments.command == Command::keys) return check_keys(arguments);
    const bool needs_config = arguments.command == Command::serve ||
                              arguments.command == Command::check ||
                              arguments.command == Command::dead_letters;
    if (needs_config && arguments.config.empty()) {
        return Error{"which configuration? Say --config FILE, for example --config config.yaml"};
    }
    const bool needs_spool =
        arguments.command == Command::spool || arguments.command == Command::reload;
    if (needs_spool && arguments.config.empty() && arguments.dir.empty()) {
        return Error{"which spool? Say --config FILE, or --dir DIR, for example --dir var/spool"};
    }
    if (arguments.certificate.empty() != arguments.key.empty()) {
        return Error{"--certificate and --key go together: the certificate to show, and its key"};
    }
    if (arguments.quarantine && !arguments.sink.empty()) {
        return Error{"--quarantine and --sink do not go together: what is in the quarantine waits "
                     "for no sink"};
    }
    if (arguments.command == Command::dead_letters && arguments.action != "ls" &&
        arguments.all != arguments.ids.empty()) {
        return Error{"which letters? Say either --id READING_ID, as often as needed, or --all"};
    }
    return {};
}

}  // namespace

Result<Arguments> parse_arguments(const std::vector<std::string_view>& words,
                                  std::string_view port) {
    Arguments arguments;
    if (!port.empty()) arguments.url = "http://127.0.0.1:" + std::string(port) + "/health";
    std::size_t at = 0;
    if (const auto taken = take_command(words, at, arguments); !taken) return taken.error();
    while (at < words.size()) {
        if (words[at] == "--help" || words[at] == "-h" || words[at] == "--version") {
            arguments.command = words[at] == "--version" ? Command::version : Command::help;
            return arguments;
        }
        const bool takes_name =
            (arguments.command == Command::new_plugin ||
             (arguments.command == Command::keys && arguments.action != "list")) &&
            arguments.name.empty();
        if (takes_name && !words[at].starts_with("-")) {
            arguments.name = words[at++];
            continue;
        }
        if (!words[at].starts_with("--")) {
            return Error{"'" + std::string(words[at]) + "' is no option; options begin with --"};
        }
        if (const auto taken = take_option(words, at, arguments); !taken) return taken.error();
    }
    if (const auto whole = check_whole(arguments); !whole) return whole.error();
    return arguments;
}

std::string_view usage() noexcept {
    return R"(ingest-host: takes sensor readings over HTTP and delivers them through plugins

  ingest-host [serve] --config FILE     serve until SIGTERM or SIGINT
  ingest-host reload (--config FILE | --dir DIR) [--wait SECONDS]
                                        have the running host read its configuration anew, as
                                        SIGHUP does; waits for the outcome and prints it. The host
                                        is found by its spool: DIR, or the one that FILE names
  ingest-host check --config FILE [--print]
                                        read the configuration and try its plugins; serve nothing.
                                        --print: print what it comes to, with defaults and
                                        environment, as a file that the host takes; secrets are
                                        masked
  ingest-host plugins [--config FILE] [--dir DIR]... [--json]
                                        list the plugins that are there, with their options and
                                        checksums, and what cannot be used with the reason; each
                                        is loaded in a process of its own
  ingest-host schema [--config FILE] [--dir DIR]...
                                        print a JSON Schema of configuration files, for editors,
                                        with the options of the plugins that are there
  ingest-host new-plugin NAME --kind validator|sink --lang cpp|c|rust [--dir DIR]
                                        write a project for a plugin of your own, into ./NAME or
                                        DIR; it builds and runs as it is
  ingest-host probe [--url URL] [--ca FILE | --insecure] [--certificate FILE --key FILE]
                                        ask a running host for its health; for containers. With
                                        https: whom to trust (else the system's authorities), or
                                        whoever answers; and the client certificate to show
  ingest-host --version | --help

API keys, with --config FILE (its http.auth.keys) or --file FILE; a running host sees a change:
  ingest-host keys new NAME --scope ingest|read|admin... [--prefix TEXT]... [--expires TIME]
                                        make one and print it, this once: the file has its digest
                                        alone. --prefix: only for equipment ids that begin so;
                                        TIME: as 2027-01-31, 2027-01-31T12:00:00Z, or 90d from now
  ingest-host keys list                 list their names, what they may do, and until when
  ingest-host keys revoke NAME          take one out of the file

These only read the spool, of a running host too; what it is writing at the moment may look cut:
  ingest-host spool ls [--json]         list segments, cursors and what waits for each sink
  ingest-host spool check [--json]      read every byte; tell what is damaged and what to do
  ingest-host spool export [--batches] [--sink NAME | --quarantine]
                                        print readings as JSON, one a line, oldest first;
                                        --batches: 100 a line, each a body for the batch endpoint;
                                        --sink: what waits for it; --quarantine: what can be read
                                        of the damaged parts that were put aside
  each with --config FILE, or --dir DIR (the spool's directory), or both

Readings that a sink refused for good; the host may run meanwhile:
  ingest-host dead-letters ls --config FILE [--sink NAME] [--json]
                                        list them with the sink's reason
  ingest-host dead-letters replay --config FILE [--sink NAME] (--id READING_ID... | --all)
                                        write them to their sink again; what is refused again
                                        stays. A Redis list may get one twice if this is killed
  ingest-host dead-letters drop --config FILE [--sink NAME] (--id READING_ID... | --all)
                                        give them up; prints them

Exit status: 0 all is well, 1 it failed, 2 the command line or the configuration is wrong.
)";
}

}  // namespace ingest::app
