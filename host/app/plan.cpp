#include "app/plan.h"

#include "app/config/options.h"

namespace ingest::app {

std::unique_ptr<model::Schema> make_schema(const config::Reading& reading) {
    std::vector<model::Field> fields = reading.fields;
    if (reading.unknown_fields == config::UnknownFields::keep) {
        fields.push_back({"metadata", model::ColumnType::utf8, false, "",
                          "Members that the configuration does not know, as a JSON object."});
    }
    return std::make_unique<model::Schema>(std::move(fields));
}

namespace {

const plugin::Library* open(const config::PluginUse& use, plugin::Kind kind, PluginSet& plugins,
                            config::Diagnostics& diagnostics) {
    if (use.plugin.empty()) return nullptr;  // reported when the file was read
    const auto library = plugins.open(use.plugin, use.sha256);
    if (!library) {
        diagnostics.add(use.mark, use.path + ".plugin: " + library.error().message, "");
        return nullptr;
    }
    if ((*library)->manifest().kind != kind) {
        const bool is_sink = kind == plugin::Kind::sink;
        diagnostics.add(use.mark,
                        use.path + ".plugin: " + config::quote(use.plugin) + " is a " +
                            (is_sink ? "validator" : "sink"),
                        std::string("put it under ") + (is_sink ? "validators" : "sinks"));
        return nullptr;
    }
    return *library;
}

// A plugin's words about its options, at the line that they are about.
void add_failure(const config::PluginUse& use, const plugin::Answer& answer,
                 config::Diagnostics& diagnostics) {
    std::string_view message = answer.message;
    config::Mark mark = use.mark;
    std::string path = use.path;
    if (message.starts_with('/')) {
        const auto colon = message.find(": ");
        const std::string_view pointer = message.substr(0, colon);
        mark = config::mark_of(use.options, pointer);
        path += ".options";
        for (const char c : pointer) path += c == '/' ? '.' : c;
        message = colon == std::string_view::npos ? "" : message.substr(colon + 2);
    } else if (!use.options.is_null()) {
        mark = use.options.mark;
        path += ".options";
    }
    diagnostics.add(mark, path + ": " + std::string(message), "");
}

std::unique_ptr<validate::Validators> make_validators(const Plan& plan, unsigned cores,
                                                      const validate::Validators* running,
                                                      config::Diagnostics& diagnostics) {
    std::vector<validate::ValidatorPlan> plans;
    for (const PlannedValidator& validator : plan.validators) {
        const bool pass = validator.config->on_error == config::Validator::OnError::pass;
        plans.push_back({validator.config->use.plugin, validator.library, validator.options.dump(),
                         pass ? validate::OnError::pass : validate::OnError::refuse});
    }
    std::vector<validate::Validators::Failure> failures;
    auto validators = validate::Validators::create(std::move(plans), *plan.schema, cores, failures,
                                                   running);
    for (const auto& failure : failures) {
        add_failure(plan.validators[failure.plan].config->use, failure.answer, diagnostics);
    }
    return validators;
}

// Sinks, or queries of a sink. The first failure is told, as all instances get the same options.
template <class Instance>
std::vector<std::unique_ptr<Instance>> make_exits(const Plan& plan, const PlannedSink& sink,
                                                  unsigned count,
                                                  config::Diagnostics& diagnostics) {
    std::vector<std::unique_ptr<Instance>> instances;
    for (unsigned i = 0; i < count; ++i) {
        plugin::Answer failure;
        auto instance = Instance::create(*sink.library, sink.options_json, *plan.schema, failure);
        if (!instance) {
            add_failure(sink.config->use, failure, diagnostics);
            return {};
        }
        instances.push_back(std::move(instance));
    }
    return instances;
}

}  // namespace

http::SharedTls load_tls(const config::Config& config, config::Diagnostics& diagnostics) {
    if (!config.http.tls) return nullptr;
    const config::Tls& tls = *config.http.tls;
    // A path that is missing was reported when the file was read.
    if (tls.certificate.path.empty() || tls.key.path.empty()) return nullptr;
    using At = http::TlsProblem::At;
    std::vector<http::TlsProblem> problems;
    auto context = http::TlsContext::load(
        {.certificate = tls.certificate.path,
         .key = tls.key.path,
         .client_ca = tls.client_ca.path,
         .client_certificates_required =
             tls.client_certificates == config::Tls::ClientCertificates::required},
        problems);
    for (const http::TlsProblem& problem : problems) {
        const bool of_key = problem.at == At::key;
        const bool of_ca = problem.at == At::client_ca;
        const config::NamedFile& file = of_key ? tls.key : of_ca ? tls.client_ca : tls.certificate;
        const std::string name = of_key ? "key" : of_ca ? "client_ca" : "certificate";
        diagnostics.add(file.mark, "http.tls." + name + ": " + problem.wrong, problem.right);
    }
    return context;
}

access::SharedGate load_gate(const config::Config& config, const access::Gate* former,
                             config::Diagnostics& diagnostics) {
    if (!config.http.auth || !config.http.auth->enabled) return nullptr;
    const config::Auth& auth = *config.http.auth;
    std::vector<access::Gate::Problem> problems;
    const access::Gate::Options options{
        .keys = auth.keys.path,
        .token_keys = auth.jwks.path,
        .rules = {.issuer = auth.issuer,
                  .audience = auth.audience,
                  .skew = std::chrono::floor<std::chrono::seconds>(auth.skew)}};
    auto gate = former != nullptr ? former->renewed(options, problems)
                                  : access::Gate::load(options, problems);
    for (const access::Gate::Problem& problem : problems) {
        const bool of_keys = problem.at == access::Gate::Problem::At::keys;
        diagnostics.add(of_keys ? auth.keys.mark : auth.jwks.mark,
                        (of_keys ? "http.auth.keys: " : "http.auth.jwt.jwks: ") + problem.wrong,
                        problem.right);
    }
    return gate;
}

Plan make_plan(const config::Config& config, PluginSet& plugins,
               config::Diagnostics& diagnostics) {
    Plan plan;
    plan.schema = make_schema(config.reading);
    for (const config::Validator& validator : config.validators) {
        const auto* library = open(validator.use, plugin::Kind::validator, plugins, diagnostics);
        if (library == nullptr) continue;
        plan.validators.push_back(
            {&validator, library,
             config::options_to_json(validator.use.options, library->manifest().options,
                                     validator.use.path + ".options", diagnostics)});
    }
    for (const config::Sink& sink : config.sinks) {
        const auto* library = open(sink.use, plugin::Kind::sink, plugins, diagnostics);
        if (library == nullptr) continue;
        const auto options = config::options_to_json(sink.use.options, library->manifest().options,
                                                     sink.use.path + ".options", diagnostics);
        plan.sinks.push_back({&sink, library, options.dump()});
    }
    plan.tls = load_tls(config, diagnostics);
    plan.gate = load_gate(config, nullptr, diagnostics);
    return plan;
}

Instances make_instances(const config::Config& config, const Plan& plan, unsigned cores,
                         config::Diagnostics& diagnostics, const Running& running) {
    Instances made;
    made.validators = make_validators(plan, cores, running.validators, diagnostics);
    for (std::size_t i = 0; i < plan.sinks.size(); ++i) {
        const PlannedSink& sink = plan.sinks[i];
        const bool runs = i < running.sinks.size() && running.sinks[i];
        made.sinks.push_back(make_exits<plugin::Sink>(plan, sink, runs ? 0 : sink.config->workers,
                                                      diagnostics));
    }
    // Made of the same options: what is wrong with them was said.
    if (config.storage && !running.queries && diagnostics.empty() &&
        plan.sinks[*config.storage].library->query()) {
        made.queries = make_exits<plugin::Query>(plan, plan.sinks[*config.storage],
                                                 config.query.readers, diagnostics);
    }
    return made;
}

}  // namespace ingest::app
