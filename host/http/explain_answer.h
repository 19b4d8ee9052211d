#pragma once

#include <string>

#include "http/error_body.h"
#include "http/sight.h"
#include "ingest/explanation.h"

namespace ingest::http {

// The status and body of an answer of /explain. Pure; appends the body to `out`.
unsigned append_explanation(std::string& out, const intake::Explanation& explanation, Sight sight,
                            const ErrorContext& context);

}  // namespace ingest::http
