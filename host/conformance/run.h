#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "conformance/check.h"

namespace ingest::conformance {

// A check that was made, or why it was not.
struct CheckResult {
    std::string name;
    std::string about;
    Outcome outcome;
    double seconds = 0;
    double cpu_seconds = 0;
    std::uint64_t memory_bytes = 0;
};

// The options for `create`, made of what the user gave and the manifest declares: an error means
// that the user gave nonsense.
struct OptionsSource {
    bool given = false;
    std::function<Result<std::string>(const plugin::Manifest& manifest)> json;
};

struct Request {
    std::filesystem::path file;
    OptionsSource options;
    // Called for each check as soon as it is over.
    std::function<void(const CheckResult&)> tell;
};

// Makes all checks, each in a child process. An error: the options are wrong, and nothing more was
// done. REQUIRES: one thread.
Result<std::vector<CheckResult>> run_checks(const Request& request);

}  // namespace ingest::conformance
