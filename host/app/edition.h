#pragma once

#include "app/config/config.h"
#include "app/plan.h"

namespace ingest::app {

// A configuration with its plugins opened: what serves, and what a reload puts in its place as a
// whole.
struct Edition {
    config::Config config;
    Plan plan;  // refers to `config`
};

}  // namespace ingest::app
