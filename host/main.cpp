#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>
#include <vector>

#include "app/arguments.h"
#include "app/commands.h"
#include "app/version.h"
#include "base/crash_point.h"

int main(int argc, char** argv) {
    using namespace ingest::app;
    if (const auto armed = ingest::arm_crash_points(); !armed) {
        std::cerr << "ingest-host: " << armed.error().message << '\n';
        return 2;
    }
    const char* port = std::getenv("PORT");
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    const auto arguments = parse_arguments(words, port == nullptr ? "" : port);
    if (!arguments) {
        std::cerr << "ingest-host: " << arguments.error().message
                  << "; see ingest-host --help\n";
        return 2;
    }
    try {
        switch (arguments->command) {
            case Command::serve: return run_serve(*arguments);
            case Command::check: return run_check(*arguments);
            case Command::plugins: return run_plugins(*arguments);
            case Command::schema: return run_schema(*arguments);
            case Command::new_plugin: return run_new_plugin(*arguments);
            case Command::probe: return run_probe(*arguments);
            case Command::reload: return run_reload(*arguments);
            case Command::keys: return run_keys(*arguments);
            case Command::spool: return run_spool(*arguments);
            case Command::dead_letters: return run_dead_letters(*arguments);
            case Command::help: std::cout << usage(); return 0;
            case Command::version: std::cout << "ingest-host " << version() << '\n'; return 0;
        }
    } catch (const std::exception& e) {
        // Out of memory, where that does not end the process itself, or a library's exception that
        // its room should have caught.
        std::cerr << "ingest-host: " << e.what() << '\n';
    }
    return 1;
}
