#pragma once

#include "app/arguments.h"

namespace ingest::app {

// The subcommands. Each writes to stdout and stderr and returns the exit status: 0 all is well,
// 1 it failed, 2 the configuration is wrong. Main thread, called once per process.
int run_serve(const Arguments& arguments);
int run_check(const Arguments& arguments);
int run_plugins(const Arguments& arguments);
int run_schema(const Arguments& arguments);
int run_new_plugin(const Arguments& arguments);
int run_probe(const Arguments& arguments);
int run_reload(const Arguments& arguments);
int run_keys(const Arguments& arguments);
int run_spool(const Arguments& arguments);
int run_dead_letters(const Arguments& arguments);

}  // namespace ingest::app
