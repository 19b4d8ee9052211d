#include "app/loaded_plugins.h"

namespace ingest::app {
namespace {

observe::LoadedPlugin loaded_of(const config::PluginUse& use, const plugin::Library& library) {
    observe::LoadedPlugin loaded;
    loaded.name = use.plugin;
    loaded.plugin = library.identity().id;
    loaded.version = library.identity().version;
    loaded.description = library.identity().description;
    loaded.built_minor = library.identity().built_minor;
    loaded.file = library.file().string();
    loaded.sha256 = library.digest();
    for (const config::Node::Member& option : use.options.members) {
        loaded.options_set.push_back(option.key);
    }
    return loaded;
}

std::vector<observe::IssueCount> issues_of(const plugin::Manifest& manifest,
                                           const validate::Counters& counters) {
    std::vector<observe::IssueCount> issues;
    for (std::size_t i = 0; i < counters.by_code().size(); ++i) {
        const validate::Counters::OfCode& counted = counters.by_code()[i];
        observe::IssueCount& issue = issues.emplace_back();
        if (i < manifest.issues.size()) {
            issue.code = manifest.issues[i].code;
            issue.description = manifest.issues[i].description;
        }
        issue.rejections = counted.rejections.load(std::memory_order_relaxed);
        issue.warnings = counted.warnings.load(std::memory_order_relaxed);
    }
    return issues;
}

}  // namespace

observe::Plugins loaded_plugins(const Plan& plan, const validate::Validators& validators) {
    observe::Plugins plugins;
    const std::vector<validate::Validators::Counted> counted = validators.counters();
    for (std::size_t i = 0; i < counted.size(); ++i) {
        const plugin::Manifest& manifest = plan.validators[i].library->manifest();
        const validate::Counters& counters = counted[i].counters;
        observe::LoadedValidator& validator = plugins.validators.emplace_back();
        validator.loaded = loaded_of(plan.validators[i].config->use, *plan.validators[i].library);
        validator.loaded.instances = counted[i].instances;
        validator.shared_state = manifest.shared_state;
        validator.on_error =
            counted[i].plan.on_error == validate::OnError::pass ? "pass" : "refuse";
        validator.issues = issues_of(manifest, counters);
        validator.failures = counters.failures.load(std::memory_order_relaxed);
        validator.misbehaviours = counters.misbehaviours.load(std::memory_order_relaxed);
        for (const validate::Calls& core : counted[i].calls) {
            validator.calls += core.calls.value();
            validator.readings += core.readings.value();
            validator.nanoseconds += core.nanoseconds.value();
        }
    }
    for (const PlannedSink& planned : plan.sinks) {
        observe::LoadedSink& sink = plugins.sinks.emplace_back();
        sink.loaded = loaded_of(planned.config->use, *planned.library);
        sink.loaded.name = planned.config->name;
        sink.loaded.instances = planned.config->workers;
        sink.ready =
            planned.config->ready == config::Sink::Ready::required ? "required" : "optional";
        sink.answers_queries = planned.library->query().has_value();
    }
    return plugins;
}

}  // namespace ingest::app
