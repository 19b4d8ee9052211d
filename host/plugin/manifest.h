#pragma once

#include <cstdint>
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
        std::string code;  // "*": any
        std::string description;
    };
    Kind kind = Kind::validator;
    bool shared_state = false;
    nlohmann::json options = nlohmann::json::array();  // OPTIONs, well-formed
    std::vector<std::string> reads;
    std::vector<std::string> writes;
    std::vector<Issue> issues;
};

// What the ABI takes for the code of a finding: [a-z0-9_.-]{1,64}.
bool is_issue_code(std::string_view code) noexcept;

// Refuses what the grammar does not have: a member that nobody reads is a promise not kept.
Result<Manifest> parse_manifest(std::string_view json);

}  // namespace ingest::plugin
