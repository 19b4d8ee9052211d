#pragma once

#include "app/config/config.h"

namespace ingest::app {

// Takes from this process what serving does not need, as `process` of the configuration has it; the
// log tells what was taken and what this kernel cannot take. For ever: a reload does not change it.
//
// REQUIRES: the process has one thread, as some of it is a thread's and goes on to those that it
// starts; and no plugin is loaded, so that what one may do is the same at the start and later.
void confine_process(const config::Config& config);

}  // namespace ingest::app
