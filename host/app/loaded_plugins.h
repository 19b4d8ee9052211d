#pragma once

#include "app/plan.h"
#include "observe/plugins.h"

namespace ingest::app {

// What runs of a plan, and what its validators have counted. Any thread.
observe::Plugins loaded_plugins(const Plan& plan, const validate::Validators& validators);

}  // namespace ingest::app
