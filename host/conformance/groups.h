#pragma once

#include "conformance/check.h"

// The checks, by group; check.cpp puts them in order. Each runs in a child process.
namespace ingest::conformance {

// file_checks.cpp: what the file is, before any of its code runs.
Outcome check_file(const Subject& subject);
Outcome check_exports(const Subject& subject);
Outcome check_needed_libraries(const Subject& subject);
Outcome check_undefined_symbols(const Subject& subject);
Outcome check_executable_stack(const Subject& subject);

// loading_checks.cpp: what it does when it is loaded, and what it says it is.
Outcome check_loading(const Subject& subject);
Outcome check_loading_effects(const Subject& subject);
Outcome check_handshake(const Subject& subject);
Outcome check_description(const Subject& subject);
Outcome check_manifest(const Subject& subject);
Outcome check_unknown_interfaces(const Subject& subject);
Outcome check_interfaces(const Subject& subject);

// instance_checks.cpp, option_checks.cpp: create and destroy.
Outcome check_create(const Subject& subject);
Outcome check_create_effects(const Subject& subject);
Outcome check_create_many(const Subject& subject);
Outcome check_instances(const Subject& subject);
Outcome check_options(const Subject& subject);

// batch_checks.cpp: batches that a validator must be able to take.
Outcome check_one_row(const Subject& subject);
Outcome check_empty_batch(const Subject& subject);
Outcome check_many_rows(const Subject& subject);
Outcome check_small_stack(const Subject& subject);
Outcome check_nulls(const Subject& subject);
Outcome check_extremes(const Subject& subject);
Outcome check_texts(const Subject& subject);
Outcome check_missing_columns(const Subject& subject);
Outcome check_renamed_columns(const Subject& subject);
Outcome check_retyped_columns(const Subject& subject);
Outcome check_guard_pages(const Subject& subject);
Outcome check_refused_bits(const Subject& subject);

// verdict_checks.cpp: what a validator says of them, and what it keeps.
Outcome check_report(const Subject& subject);
Outcome check_determinism(const Subject& subject);
Outcome check_trial(const Subject& subject);
Outcome check_validate_many(const Subject& subject);
Outcome check_cores(const Subject& subject);
Outcome check_throughput(const Subject& subject);

// growth_checks.cpp: hosts of other minors.
Outcome check_struct_sizes(const Subject& subject);

// sink_checks.cpp: what a sink does with rows, in the order of trust.
Outcome check_write(const Subject& subject);
Outcome check_probe(const Subject& subject);
Outcome check_deadline(const Subject& subject);
Outcome check_write_again(const Subject& subject);
Outcome check_write_many(const Subject& subject);
Outcome check_write_nulls(const Subject& subject);
Outcome check_write_extremes(const Subject& subject);
Outcome check_write_texts(const Subject& subject);
Outcome check_write_batches(const Subject& subject);
Outcome check_write_guard_pages(const Subject& subject);
Outcome check_write_small_stack(const Subject& subject);
Outcome check_write_leaks(const Subject& subject);
Outcome check_write_throughput(const Subject& subject);

// health_checks.cpp: what else a sink answers.
Outcome check_health(const Subject& subject);
Outcome check_flush(const Subject& subject);
Outcome check_query(const Subject& subject);

}  // namespace ingest::conformance
