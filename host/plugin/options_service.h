#pragma once

#include <ingest/plugin/options.h>

namespace ingest::plugin {

// The host service "ingest.options/1", for every plugin the same table; it ignores `ctx`. The
// contract is in <ingest/plugin/options.h>. Valid for ever, any thread.
const ingest_options* options_service() noexcept;

}  // namespace ingest::plugin
