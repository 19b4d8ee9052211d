#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "conformance/run.h"

namespace ingest::app::ingest_check {

// "ok       loading                in 0.00 s", and for a failure a line with what to do.
std::string line_of(const conformance::CheckResult& result);

// "31 checks: 30 ok, 0 failed, 1 skipped".
std::string summary_of(const std::vector<conformance::CheckResult>& results);

// The document of --json.
std::string document_of(const std::filesystem::path& file,
                        const std::vector<conformance::CheckResult>& results);

bool any_failed(const std::vector<conformance::CheckResult>& results);

}  // namespace ingest::app::ingest_check
