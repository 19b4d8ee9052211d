#pragma once

#include "app/config/config.h"
#include "trace/exporter.h"
#include "trace/tracer.h"

namespace ingest::app {

// A tracer whose spans go to the configured collector. Made and ended on the main thread.
class Tracing {
public:
    Tracing(const config::Tracing& configured, const config::Service& service);

    trace::Tracer& tracer() noexcept { return tracer_; }                               // any thread
    trace::Exporter::Counts counts() const noexcept { return exporter_.counts(); }  // any thread

private:
    trace::Exporter exporter_;
    trace::Tracer tracer_;
};

}  // namespace ingest::app
