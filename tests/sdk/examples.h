#pragma once

#include <cstdlib>
#include <string>

#include "unit/plugins/validator_fixture.h"

namespace ingest::test {

// A plugin of plugin-api/examples, as the build made it.
inline Plugin example(const std::string& name) {
    const char* build = std::getenv("INGEST_BUILD_DIR");
    if (build == nullptr) throw std::runtime_error("INGEST_BUILD_DIR is not set");
    return {std::string(build) + "/tests/examples", name};
}

}  // namespace ingest::test
