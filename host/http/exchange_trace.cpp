#include <algorithm>
#include <array>

#include "base/hex.h"
#include "base/time_text.h"
#include "http/exchange.h"

// The span of a request that is traced.
namespace ingest::http {
namespace {

// Those of RFC 9110 and RFC 5789. Collectors keep something for each name of a span, and any token
// may be sent as a method, so others share one, as OpenTelemetry's conventions for HTTP have it.
bool is_known(std::string_view method) noexcept {
    static constexpr std::array<std::string_view, 9> known = {
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"};
    return std::ranges::find(known, method) != known.end();
}

}  // namespace

void Exchange::begin_trace() {
    trace::Tracer* tracer = station_.shared.services.tracer;
    if (tracer == nullptr) return;
    const bool once = fields_.traceparent.count == 1;
    trace_ = tracer->begin(once ? fields_.traceparent.value : std::string_view());
}

std::string Exchange::trace_id() const {
    return trace_ ? to_hex(trace_->context.trace) : std::string();
}

// Tells the client where its request is to be found (W3C Trace Context, level 2).
void Exchange::append_trace_fields(std::string& out) const {
    if (trace_) out += "traceresponse: " + trace::to_traceparent(trace_->context) + "\r\n";
}

void Exchange::end_trace(unsigned status) {
    if (!trace_) return;
    trace::Span span;
    span.context = trace_->context;
    span.parent = trace_->parent;
    const bool known = head_ != nullptr && is_known(head_->method);
    const std::string method(known ? head_->method : "_OTHER");
    const std::string_view route = name_of(route_.endpoint);
    span.name = (known ? method : "HTTP") + " " + std::string(route);
    span.kind = trace::Span::Kind::server;
    span.begin_us = received_at_us_;
    span.end_us = received_at_us_ + (monotonic_ns() - begun_ns_) / 1000;
    span.attributes = {{"http.request.method", method},
                       {"http.route", std::string(route)},
                       {"http.response.status_code", static_cast<std::int64_t>(status)},
                       {"ingest.request_id", request_id_}};
    if (outcome_) span.attributes.push_back({"ingest.readings", std::int64_t{outcome_->total}});
    if (status >= 500) span.failure = "answered with " + std::to_string(status);
    station_.shared.services.tracer->end(std::move(span));
    trace_.reset();
}

}  // namespace ingest::http
