#include <csignal>
#include <iostream>

#include <unistd.h>

#include "app/commands.h"
#include "app/config/mask.h"
#include "app/config/print.h"
#include "app/plan.h"
#include "app/probe.h"
#include "plugin/crash_report.h"

namespace ingest::app {
namespace {

nlohmann::json shown_options(const Plan& plan, std::string_view path,
                             std::vector<std::string>& masked) {
    const auto shown = [&](const config::PluginUse& use, const plugin::Library& library,
                           nlohmann::json options) {
        config::mask_options(options, use.options, library.manifest().options,
                             use.path + ".options", masked);
        return options;
    };
    for (const PlannedValidator& validator : plan.validators) {
        if (validator.config->use.path == path)
            return shown(validator.config->use, *validator.library, validator.options);
    }
    for (const PlannedSink& sink : plan.sinks) {
        if (sink.config->use.path == path) {
            return shown(sink.config->use, *sink.library,
                         nlohmann::json::parse(sink.options_json));
        }
    }
    return nlohmann::json::object();
}

}  // namespace

// Everything that serving would refuse at start, except what depends on the moment: whether the
// port is free, whether the spool's directory can be written, whether servers answer.
int run_check(const Arguments& arguments) {
    log::Options to_people;
    to_people.format = log::Format::text;
    plugin::install_crash_report(to_people, STDERR_FILENO);
    const plugin::ExitReport exit_report;
    config::Loaded loaded = config::load(arguments.config);
    PluginSet plugins(plugin_dirs(loaded.config.plugin_dirs));
    const Plan plan = make_plan(loaded.config, plugins, loaded.diagnostics);
    if (loaded.diagnostics.empty()) make_instances(loaded.config, plan, 1, loaded.diagnostics);
    if (!loaded.diagnostics.empty()) {
        std::cerr << loaded.diagnostics.text();
        return 2;
    }
    if (arguments.print) {
        std::cout << config::to_yaml(loaded.settings, config::directory_of(arguments.config),
                                     [&](std::string_view path, std::vector<std::string>& masked) {
                                         return shown_options(plan, path, masked);
                                     });
        return 0;
    }
    std::cout << arguments.config.string() << ": all is well; " << plan.validators.size()
              << " validators, " << plan.sinks.size() << " sinks, "
              << plan.schema->size() - model::column_first_field << " fields\n";
    return 0;
}

int run_probe(const Arguments& arguments) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto probed = probe(arguments.url, {.host = {},
                                              .ca = arguments.ca,
                                              .insecure = arguments.insecure,
                                              .certificate = arguments.certificate,
                                              .key = arguments.key});
    if (probed) return 0;
    std::cerr << probed.error().message << '\n';
    return 1;
}

}  // namespace ingest::app
