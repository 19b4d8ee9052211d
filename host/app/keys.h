#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/config/config.h"

// The keys of the configuration by when a change of them counts: docs/configuration.md has the
// table. Pure.
namespace ingest::app {

// Keys that a process is started with and keeps, whose values differ: an error for each, at its
// place in `document`, the file that was read anew. `socket_passed`: then http.host and http.port
// do not count.
void refuse_restarts(const config::Config& before, const config::Config& now,
                     const config::Node& document, bool socket_passed,
                     config::Diagnostics& diagnostics);

// Keys that change while the process runs, whose values differ: "http.rate_limit.enabled". Without
// `validators` and `sinks`.
std::vector<std::string> changed_keys(const config::Config& before, const config::Config& now);

// All of both kinds, for tests.
std::vector<std::string_view> known_keys();

}  // namespace ingest::app
