#pragma once

#include <string>
#include <string_view>

#include "model/refusal.h"

namespace ingest::http {

// `"message":...,"field":...,"code":...`, cut to what a client needs; `message_name` is what the
// first one is called.
void append_finding_members(std::string& out, const model::Finding& finding,
                            std::string_view message_name);

}  // namespace ingest::http
