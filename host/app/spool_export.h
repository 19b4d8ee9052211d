#pragma once

#include "app/arguments.h"
#include "model/schema.h"
#include "spool/inspect.h"

namespace ingest::app {

// `spool export`: readings as JSON to stdout, a summary to stderr. `fallback` may be null. Returns
// the exit status: 0 all that is intact was written. Ignores SIGPIPE from here on.
int export_readings(const spool::Inventory& inventory, const Arguments& arguments,
                    const model::Schema* fallback);

}  // namespace ingest::app
