#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/gate.h"
#include "app/config/config.h"
#include "app/openapi.h"
#include "app/plugin_set.h"
#include "deliver/lane.h"
#include "http/tls_context.h"
#include "plugin/query.h"
#include "plugin/sink.h"
#include "validate/validators.h"

namespace ingest::app {

// A configured sink with its plugin opened and its options checked.
struct PlannedSink {
    const config::Sink* config = nullptr;
    const plugin::Library* library = nullptr;
    std::string options_json;
};

struct PlannedValidator {
    const config::Validator* config = nullptr;
    const plugin::Library* library = nullptr;
    nlohmann::json options;
};

// What a configuration comes to once its plugins are known: everything that can be found out
// without serving. Refers to the configuration and the plugins, which outlive it.
struct Plan {
    // Shared: instances and the spool keep that of the first plan, which later plans of the same
    // fields take over.
    std::shared_ptr<const model::Schema> schema;
    std::vector<PlannedValidator> validators;
    std::vector<PlannedSink> sinks;
    http::SharedTls tls;  // null: plain HTTP
    access::SharedGate gate;  // null: everybody is let in
};

// What a reading is, by the configuration alone.
std::unique_ptr<model::Schema> make_schema(const config::Reading& reading);

// The files of TLS as they are now. Null: there is none configured, or there are errors, which go
// to `diagnostics`.
http::SharedTls load_tls(const config::Config& config, config::Diagnostics& diagnostics);

// The files of API keys and of keys that sign tokens, likewise; with `former`, which was made of
// the same configuration, null is not for errors: a file that is wrong is as that one has it.
access::SharedGate load_gate(const config::Config& config, const access::Gate* former,
                             config::Diagnostics& diagnostics);

// Opens the plugins and checks their options, and reads the files of TLS and of keys. Errors go to
// `diagnostics`, all of them; the plan is of use only if there are none.
Plan make_plan(const config::Config& config, PluginSet& plugins,
               config::Diagnostics& diagnostics);

// What a plan's plugins make of their options.
struct Instances {
    std::unique_ptr<validate::Validators> validators;
    std::vector<std::vector<std::unique_ptr<plugin::Sink>>> sinks;  // in the plan's order
    std::vector<std::unique_ptr<plugin::Query>> queries;  // of the storage sink, if it answers any
};

// What of a plan need not be made, because it runs already.
struct Running {
    const validate::Validators* validators = nullptr;  // of which equal ones are taken over
    std::vector<bool> sinks;                           // by index in the plan; empty: none
    bool queries = false;
};

// What plugins have against their options goes to `diagnostics`, at the line of the file that it is
// about, all of it; the instances are of use only if there is none.
Instances make_instances(const config::Config& config, const Plan& plan, unsigned cores,
                         config::Diagnostics& diagnostics, const Running& running = {});

}  // namespace ingest::app
