#pragma once

#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ingest::plugin {

// A member that an object of a manifest may have, and its type: number_float stands for any
// number, discarded for any value.
struct Member {
    std::string_view name;
    nlohmann::json::value_t type;
};

// An error when `object` is none, or has a member that is not in `members` or of another type.
// `what` names it ("option 'url'").
Result<void> check_members(const nlohmann::json& object, std::span<const Member> members,
                           const std::string& what);

// The OPTIONs of a manifest, by the grammar in <ingest/plugin/entry.h>: names are there and unique,
// types are known, bounds are in order, and a default is one of the values that may be configured.
Result<void> check_options(const nlohmann::json& options);

}  // namespace ingest::plugin
