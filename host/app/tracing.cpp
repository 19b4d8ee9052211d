#include "app/tracing.h"

#include <string>

#include "app/version.h"

namespace ingest::app {

Tracing::Tracing(const config::Tracing& configured, const config::Service& service)
    : exporter_(configured.endpoint, {service.name, std::string(version()), service.environment}),
      tracer_({.sample_every = configured.sample_every},
              [this](trace::Span span) { exporter_.offer(std::move(span)); }) {}

}  // namespace ingest::app
