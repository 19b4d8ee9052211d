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

// More than that body can come to, whatever the ack is. Known before it is asked for, so that
// there is room for the answer when it is too late to say no.
std::size_t ingest_answer_bytes_max(const intake::Outcome& outcome);

}  // namespace ingest::http
