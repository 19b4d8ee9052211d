#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ingest::plugin {

enum class Kind { validator, sink };

// A plugin's manifest, checked against the grammar in <ingest/plugin/entry.h>.
struct Manifest {
    struct Issue {
        std::string code;
        std::string description;
    };
    Kind kind = Kind::validator;
    bool shared_state = false;
    nlohmann::json options = nlohmann::json::array();  // OPTIONs, well-formed
    std::vector<std::string> reads;
    std::vector<std::string> writes;
    std::vector<Issue> issues;
};

Result<Manifest> parse_manifest(std::string_view json);

}  // namespace ingest::plugin
