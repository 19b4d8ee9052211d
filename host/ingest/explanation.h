#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ingest/front.h"
#include "model/batch.h"

namespace ingest::intake {

// What the findings of one validator on one reading take, in the answer too: at most 64 of them.
inline constexpr std::size_t explained_findings_bytes_max = 64 * 1200;

// What would become of one reading if it were sent to be kept, and by whose doing. It refers to
// the schema of the front that made it.
struct Explanation {
    enum class Verdict {
        passed,
        warned,
        rejected,
        failed,     // a bug of the validator; `on_error` decides
        not_asked,  // an earlier one failed, or there was nothing to look at
    };
    struct Issue {
        model::Finding finding;
        bool reject = false;
    };
    struct Change {
        std::string field;
        std::string before;  // JSON, as `after`
        std::string after;
    };
    // One validator's part.
    struct Step {
        std::string name;
        std::string plugin;
        Verdict verdict = Verdict::not_asked;
        bool passes_on_error = false;
        std::vector<Issue> issues;
        std::vector<Change> changes;
        std::int64_t nanoseconds = 0;
        std::uint64_t misbehaviours = 0;
        std::string reason;  // for operators: why it failed, or else what the first of these was
    };
    // As accept() would say.
    Outcome::Kind kind = Outcome::Kind::malformed;
    bool foreign = false;      // as in Outcome; then there is nothing else
    std::string detail;        // of what is malformed or failed
    Ack ack = Ack::spooled;    // of an accepted reading, as things stand
    model::Findings findings;  // decode's
    std::int64_t decode_nanoseconds = 0;
    std::vector<Step> steps;              // every validator, in order
    std::optional<model::Batch> reading;  // one row: what would be stored
};

}  // namespace ingest::intake
