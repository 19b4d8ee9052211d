#pragma once

#include <span>
#include <string>

#include "trace/span.h"

namespace ingest::trace {

// Who speaks: OpenTelemetry's service.name, service.version and deployment.environment.
struct Resource {
    std::string service;
    std::string version;
    std::string environment;
};

// The body of an OTLP/HTTP export request in JSON (opentelemetry-proto 1.0,
// ExportTraceServiceRequest): ids in hexadecimal digits, 64-bit numbers as texts. Pure.
std::string to_otlp(const Resource& resource, std::span<const Span> spans);

}  // namespace ingest::trace
