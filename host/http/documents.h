#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/sight.h"
#include "model/batch.h"
#include "observe/health.h"
#include "observe/ledger.h"
#include "observe/plugins.h"

// The bodies of the GET endpoints. Pure; each appends one JSON document to `out`.
namespace ingest::http {

struct ServiceName {
    std::string_view service;
    std::string_view version;
};

void append_root(std::string& out, const ServiceName& name);
void append_health(std::string& out, const ServiceName& name, const observe::Health& health,
                   std::int64_t now_us);
// `draining` makes it not ready whatever the checks say.
void append_readiness(std::string& out, const observe::Readiness& readiness, bool draining);
void append_ledger(std::string& out, const observe::Ledger& ledger);
// Of a file the client only sees the name unless it is on this machine.
void append_plugins(std::string& out, const observe::Plugins& plugins, Sight sight);
// A stored reading, or one as it would be stored.
void append_reading(std::string& out, const model::Batch& rows, std::int64_t row);
void append_latest(std::string& out, std::string_view equipment_id, const model::Batch& rows);

}  // namespace ingest::http
