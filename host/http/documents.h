#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/batch.h"
#include "observe/health.h"
#include "observe/ledger.h"

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
void append_latest(std::string& out, std::string_view equipment_id, const model::Batch& rows);

}  // namespace ingest::http
