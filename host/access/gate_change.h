#pragma once

#include <string>
#include <vector>

#include "access/gate.h"

namespace ingest::access {

// By whom one gate differs from another, for the log: "key:NAME" as visitors are named, and
// "token_key:KID". Nothing of a key but its name.
struct GateChange {
    std::vector<std::string> added;
    std::vector<std::string> removed;
    std::vector<std::string> changed;  // the same name with another key, or for something else
    bool empty() const noexcept { return added.empty() && removed.empty() && changed.empty(); }
};

// `before` is null when nobody was asked for a key.
GateChange change_of(const Gate* before, const Gate& now);

}  // namespace ingest::access
