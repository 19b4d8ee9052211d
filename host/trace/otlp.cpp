#include "trace/otlp.h"

#include "base/hex.h"
#include "base/json_text.h"

namespace ingest::trace {
namespace {

constexpr int status_error = 2;

void append_attribute(std::string& out, const Attribute& attribute) {
    out += "{\"key\":";
    append_json_string(out, attribute.name);
    if (const auto* text = std::get_if<std::string>(&attribute.value)) {
        out += ",\"value\":{\"stringValue\":";
        append_json_string(out, *text);
    } else {
        out += ",\"value\":{\"intValue\":\"";
        out += std::to_string(std::get<std::int64_t>(attribute.value));
        out += '"';
    }
    out += "}}";
}

void append_attributes(std::string& out, std::span<const Attribute> attributes) {
    out += "\"attributes\":[";
    for (std::size_t i = 0; i < attributes.size(); ++i) {
        if (i > 0) out += ',';
        append_attribute(out, attributes[i]);
    }
    out += ']';
}

void append_time(std::string& out, const char* name, std::int64_t us) {
    out += ",\"";
    out += name;
    out += "\":\"";
    out += std::to_string(us);
    out += "000\"";  // nanoseconds
}

void append_span(std::string& out, const Span& span) {
    out += "{\"traceId\":\"" + to_hex(span.context.trace) + "\",\"spanId\":\"" +
           to_hex(span.context.span) + '"';
    if (span.parent) out += ",\"parentSpanId\":\"" + to_hex(*span.parent) + '"';
    out += ",\"name\":";
    append_json_string(out, span.name);
    out += ",\"kind\":" + std::to_string(static_cast<int>(span.kind));
    append_time(out, "startTimeUnixNano", span.begin_us);
    append_time(out, "endTimeUnixNano", span.end_us);
    out += ',';
    append_attributes(out, span.attributes);
    if (!span.failure.empty()) {
        out += ",\"status\":{\"code\":" + std::to_string(status_error) + ",\"message\":";
        append_json_string(out, span.failure);
        out += '}';
    }
    out += '}';
}

}  // namespace

std::string to_otlp(const Resource& resource, std::span<const Span> spans) {
    const std::vector<Attribute> of_resource{{"service.name", resource.service},
                                             {"service.version", resource.version},
                                             {"deployment.environment", resource.environment}};
    std::string out = "{\"resourceSpans\":[{\"resource\":{";
    append_attributes(out, of_resource);
    out += "},\"scopeSpans\":[{\"scope\":{\"name\":\"ingest-host\"},\"spans\":[";
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (i > 0) out += ',';
        append_span(out, spans[i]);
    }
    out += "]}]}]}";
    return out;
}

}  // namespace ingest::trace
