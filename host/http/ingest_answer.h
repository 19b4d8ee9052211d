#pragma once

#include <optional>
#include <string>

#include "http/error_body.h"
#include "ingest/front.h"

namespace ingest::http {

// The status and body of an ingest request: what the codes promise in the HTTP contract. Pure.
// Appends the body to `out`; `ack` is what became of the accepted readings, none when there are
// none.
unsigned append_ingest_answer(std::string& out, intake::Form form, const intake::Outcome& outcome,
                              std::optional<intake::Ack> ack, const ErrorContext& context);

}  // namespace ingest::http
