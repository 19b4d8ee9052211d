#include "conformance/check.h"

#include <ingest/plugin/entry.h>

#include "conformance/groups.h"

namespace ingest::conformance {
namespace {

using namespace std::chrono_literals;

constexpr Check checks[] = {
    {"file", "a regular file that nobody else can change, called ID.so", "", Scope::any,
     &check_file},
    {"exports", "exports " INGEST_ENTRY_SYMBOL " and nothing else", "file", Scope::any,
     &check_exports},
    {"needed-libraries", "the libraries that it needs are there", "file", Scope::any,
     &check_needed_libraries},
    {"undefined-symbols", "all that it uses is defined somewhere", "file needed-libraries",
     Scope::any, &check_undefined_symbols},
    {"executable-stack", "asks for no executable stack and no writable code", "file", Scope::any,
     &check_executable_stack},
    {"loading", "loads, promptly", "file exports needed-libraries undefined-symbols", Scope::any,
     &check_loading},
    {"loading-effects", "loading changes nothing in the process", "loading", Scope::any,
     &check_loading_effects},
    {"handshake", "describes itself as ABI 1 asks", "loading", Scope::any, &check_handshake},
    {"description", "describes itself in the same way each time", "handshake", Scope::any,
     &check_description},
    {"manifest", "its manifest follows the grammar", "handshake", Scope::any, &check_manifest},
    {"unknown-interfaces", "has NULL for names that it does not know", "handshake", Scope::any,
     &check_unknown_interfaces},
    {"interfaces", "has complete tables for what it is", "manifest", Scope::any,
     &check_interfaces},

    {"create", "makes instances, promptly, and ends them", "interfaces", Scope::any,
     &check_create},
    {"create-effects", "create and destroy change nothing in the process", "create", Scope::any,
     &check_create_effects},
    {"create-many", "a thousand instances leave nothing behind", "create", Scope::any,
     &check_create_many, 60s},
    {"instances", "instances live beside each other", "create", Scope::any, &check_instances},
    {"options", "refuses options that are wrong, with a reason", "interfaces !create", Scope::any,
     &check_options, 60s},

    {"one-row", "looks at a reading without waiting", "create", Scope::validator, &check_one_row},
    {"empty-batch", "takes a batch without rows", "one-row", Scope::validator,
     &check_empty_batch},
    {"many-rows", "takes 100 000 rows on a thread as the host's", "one-row", Scope::validator,
     &check_many_rows, 60s},
    {"small-stack", "needs no more than 512 KiB of stack", "one-row", Scope::validator,
     &check_small_stack},
    {"nulls", "takes cells without a value", "one-row", Scope::validator, &check_nulls},
    {"extremes", "takes the ends of every type's range", "one-row", Scope::validator,
     &check_extremes},
    {"texts", "takes texts of any length and script", "one-row", Scope::validator, &check_texts},
    {"missing-columns", "bears a schema with the fixed columns alone", "one-row", Scope::validator,
     &check_missing_columns},
    {"renamed-columns", "bears fields with other names", "one-row", Scope::validator,
     &check_renamed_columns},
    {"retyped-columns", "bears fields of other types", "one-row", Scope::validator,
     &check_retyped_columns},
    {"guard-pages", "touches nothing but the batch, and only reads that", "one-row !empty-batch",
     Scope::validator, &check_guard_pages},
    {"refused-bits", "passes over rows that are refused already", "one-row", Scope::validator,
     &check_refused_bits},
    {"report", "reports as its manifest promises", "one-row !nulls !extremes !texts",
     Scope::validator, &check_report},
    {"determinism", "says the same of the same batch", "one-row !extremes !texts !guard-pages",
     Scope::validator, &check_determinism},
    {"trial", "remembers nothing of trial batches", "one-row determinism", Scope::validator,
     &check_trial},
    {"cores", "instances on several cores do not disturb each other", "one-row determinism",
     Scope::validator, &check_cores},
    {"validate-many", "a thousand calls leave nothing behind", "one-row", Scope::validator,
     &check_validate_many, 60s},
    {"throughput", "how fast it is", "one-row", Scope::validator, &check_throughput},

    // A write that hangs is killed here, before anything else waits for it.
    {"write", "writes a row, or says in time why not", "create", Scope::sink, &check_write, 8s},
    {"probe", "says whether writing would work", "create !write", Scope::sink, &check_probe, 45s},
    {"deadline", "gives up by the deadline", "create !write", Scope::sink, &check_deadline},
    {"health", "tells its health at once, from any thread", "create !write", Scope::sink,
     &check_health},
    {"flush", "answers flush with a code that is for it", "create !write", Scope::sink,
     &check_flush},
    {"write-again", "takes rows again that it has", "write", Scope::sink, &check_write_again, 60s},
    {"write-batches", "takes several batches in one call", "write", Scope::sink,
     &check_write_batches},
    {"write-many", "takes as many rows as the host writes at a time", "write", Scope::sink,
     &check_write_many},
    {"write-nulls", "takes cells without a value", "write", Scope::sink, &check_write_nulls},
    {"write-extremes", "takes, or rejects, the ends of every type's range", "write", Scope::sink,
     &check_write_extremes},
    {"write-texts", "takes, or rejects, texts of any length and script", "write", Scope::sink,
     &check_write_texts},
    {"write-guard-pages", "touches nothing but the batch, and only reads that", "write write-again",
     Scope::sink, &check_write_guard_pages, 60s},
    {"write-small-stack", "needs no more than 512 KiB of stack", "write", Scope::sink,
     &check_write_small_stack},
    {"write-leaks", "writes leave nothing behind", "write write-again", Scope::sink,
     &check_write_leaks, 60s},
    {"query", "finds what was written, once each", "write write-again", Scope::query,
     &check_query, 60s},
    {"write-throughput", "how fast it is", "write write-again", Scope::sink,
     &check_write_throughput, 60s},
    {"struct-sizes", "works with hosts of other minors", "create !one-row", Scope::any,
     &check_struct_sizes},
};

}  // namespace

std::span<const Check> all_checks() { return checks; }

}  // namespace ingest::conformance
