#include "postgres-sink/sqlstate.h"

#include <array>

namespace ingest::postgres_sink {
namespace {

struct Rule {
    std::string_view error_class;  // the first two characters of an SQLSTATE
    Verdict verdict;
};

// What is not listed is to be retried. Among it, known and on purpose: 08 connection, 0A feature
// (a cached plan after ALTER TABLE), 25 transaction state (25006: a standby before its promotion),
// 40 rollback and deadlock, 53 resources, 55 locks, 57 shutdown and timeout, 58 system, XX
// internal.
constexpr std::array rules{
    Rule{"21", Verdict::reject},  // cardinality
    Rule{"22", Verdict::reject},  // data: out of range, too long, not in the encoding
    Rule{"23", Verdict::reject},  // constraints
    Rule{"28", Verdict::fatal},   // user or password
    Rule{"3D", Verdict::fatal},   // no such database
    Rule{"3F", Verdict::fatal},   // no such schema
    Rule{"42", Verdict::fatal},   // no such table or column, no privilege
    Rule{"54", Verdict::reject},  // a limit of the server: a text too long for its index
};

}  // namespace

Verdict verdict_of(std::string_view sqlstate) noexcept {
    if (sqlstate.size() != 5) return Verdict::retry;
    for (const Rule& rule : rules) {
        if (sqlstate.starts_with(rule.error_class)) return rule.verdict;
    }
    return Verdict::retry;
}

}  // namespace ingest::postgres_sink
