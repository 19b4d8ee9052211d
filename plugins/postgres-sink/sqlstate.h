#pragma once

#include <string_view>

namespace ingest::postgres_sink {

// What an error of the server means for the readings in hand.
enum class Verdict {
    retry,   // not now; the same write may work later
    reject,  // these values can never be stored
    fatal,   // nothing works until a person acts
};

// By SQLSTATE (PostgreSQL manual, appendix A). Empty or unknown is `retry`: a reading is never
// given up for a reason that we do not understand. Pure.
Verdict verdict_of(std::string_view sqlstate) noexcept;

}  // namespace ingest::postgres_sink
