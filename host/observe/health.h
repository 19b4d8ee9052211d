#pragma once

#include <cstdint>
#include <string>
#include <vector>

// What /health and /health/ready tell. Plain values: `app` hands the http room functions that make
// them.
namespace ingest::observe {

struct SinkHealth {
    std::string name;
    bool connected = false;
    bool required = false;  // `ready: required` in the configuration
};

// A call into a plugin that takes longer than it may.
struct OverdueCall {
    std::string plugin;  // its id
    std::string function;
    double seconds = 0;  // so far
};

struct Health {
    bool healthy = true;  // the process works: the spool accepts or heals by itself
    double uptime_seconds = 0;
    std::vector<SinkHealth> sinks;
    std::vector<OverdueCall> stuck_calls;
};

struct Readiness {
    bool ready = true;
    struct Check {
        std::string name;
        bool ready = true;
    };
    std::vector<Check> checks;  // one per sink, then "spool"
};

}  // namespace ingest::observe
