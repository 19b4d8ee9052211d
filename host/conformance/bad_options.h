#pragma once

#include <string>
#include <vector>

#include "conformance/check.h"

namespace ingest::conformance {

// Options that no host of today passes on, because it holds them against the manifest before, and
// those at the edge of what it does pass on.
struct BadOptions {
    std::string json;
    std::string what;  // "option 'url' is missing"
    // CONFIG is the only right answer; else OK will do too.
    bool must_be_refused = false;
};
std::vector<BadOptions> bad_options_for(const Subject& subject);

}  // namespace ingest::conformance
