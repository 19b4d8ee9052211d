#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ingest::model {

// Why a reading was not accepted, or what to warn its sender of. `index` is the reading's position
// in its request; `field` is empty when the reading as a whole is meant.
struct Finding {
    std::uint32_t index = 0;
    std::string field;
    std::string code;     // short and stable: "missing", "type", "out_of_range", a plugin's own
    std::string message;  // for the client: what is wrong and what was expected
};

using Findings = std::vector<Finding>;

}  // namespace ingest::model
