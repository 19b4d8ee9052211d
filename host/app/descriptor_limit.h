#pragma once

#include "app/config/config.h"

namespace ingest::app {

// Raises this process's soft limit of open files (`ulimit -n`, often 1024) as far as `config` needs
// and the hard limit lets it; a warning says when that is not enough. Main thread, before the first
// connection.
void raise_descriptor_limit(const config::Config& config);

}  // namespace ingest::app
