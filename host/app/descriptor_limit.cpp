#include "app/descriptor_limit.h"

#include <algorithm>

#include <sys/resource.h>

#include "app/front_terms.h"
#include "base/log.h"

namespace ingest::app {
namespace {

// Segments and cursors of the spool, plugins, timers, the connections of sinks and what their
// libraries open: measured 40 with PostgreSQL and Redis.
constexpr rlim_t beside_connections = 256;

rlim_t needed(const config::Config& config) {
    rlim_t descriptors = beside_connections + config.http.limits.connections;
    if (config.admin) descriptors += admin_connections_max;
    for (const config::Sink& sink : config.sinks) descriptors += 4 * sink.workers;
    return descriptors;
}

}  // namespace

void raise_descriptor_limit(const config::Config& config) {
    const rlim_t wanted = needed(config);
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    const bool raised = ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
    if (raised && limit.rlim_cur == wanted) return;
    log::warn("app",
              "fewer files may be open than http.limits.connections needs; raise the hard limit "
              "(LimitNOFILE=, ulimit -Hn), or connections wait to be accepted",
              {{"files", limit.rlim_cur}, {"needed", wanted}});
}

}  // namespace ingest::app
