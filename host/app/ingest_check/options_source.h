#pragma once

#include "app/ingest_check/arguments.h"
#include "conformance/run.h"

namespace ingest::app::ingest_check {

// What --options says, read as the configuration is read and made into JSON by the plugin's
// manifest. An error says where in it and what would be right, all errors in one go.
Result<conformance::OptionsSource> options_source(const Arguments& arguments);

}  // namespace ingest::app::ingest_check
