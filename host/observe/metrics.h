#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "observe/health.h"
#include "observe/http_counts.h"
#include "observe/ledger.h"
#include "observe/plugins.h"
#include "observe/process.h"

// What /metrics tells. Plain values, gathered when somebody asks.
namespace ingest::observe {

struct Reloads {
    std::uint64_t done = 0;
    std::uint64_t failed = 0;   // the configuration was right, and something else was not there
    std::uint64_t refused = 0;  // the configuration is wrong
    bool last_succeeded = true;           // also before the first one
    std::int64_t configuration_at_us = 0;  // since when what serves is served
};

// Of traces, see trace::Exporter.
struct Spans {
    std::uint64_t exported = 0;
    std::uint64_t dropped = 0;
};

struct Metrics {
    std::string version;
    HttpCounts http;
    Ledger ledger;
    Plugins plugins;
    Health health;
    bool ready = true;
    Reloads reloads;
    Spans spans;
    std::uint64_t log_lines_lost = 0;
    std::uint64_t key_file_errors = 0;  // now
    Process process;
};

// In the text format of Prometheus, version 0.0.4. At most `series_max` series however many sinks,
// validators and codes there are: those beyond the first few are summed under one name.
std::string exposition(const Metrics& metrics);
inline constexpr std::size_t series_max = 1000;
inline constexpr const char* exposition_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace ingest::observe
