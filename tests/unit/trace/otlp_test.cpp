#include "trace/otlp.h"

#include <array>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ingest::trace {
namespace {

using nlohmann::json;

TEST(Otlp, IsWhatCollectorsTake) {
    Span span;
    span.context.trace.fill(0xAB);
    span.context.span.fill(0x01);
    span.parent = SpanId{0, 1, 2, 3, 4, 5, 6, 7};
    span.name = "POST \"x\"\n";
    span.kind = Span::Kind::server;
    span.begin_us = 1'700'000'000'000'001;
    span.end_us = 1'700'000'000'000'002;
    span.attributes = {{"text", std::string("t")}, {"number", std::int64_t{-5}}};
    span.failure = "no";
    const json document =
        json::parse(to_otlp({"service", "1.2", "test"}, std::array<Span, 2>{span, Span{}}));
    const json& of_resource = document["resourceSpans"][0]["resource"]["attributes"];
    EXPECT_EQ(of_resource[0]["key"], "service.name");
    EXPECT_EQ(of_resource[0]["value"]["stringValue"], "service");
    const json& spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"];
    ASSERT_EQ(spans.size(), 2U);
    const json expected = {
        {"traceId", "abababababababababababababababab"},
        {"spanId", "0101010101010101"},
        {"parentSpanId", "0001020304050607"},
        {"name", "POST \"x\"\n"},
        {"kind", 2},
        {"startTimeUnixNano", "1700000000000001000"},
        {"endTimeUnixNano", "1700000000000002000"},
        {"attributes", json::array({{{"key", "text"}, {"value", {{"stringValue", "t"}}}},
                                    {{"key", "number"}, {"value", {{"intValue", "-5"}}}}})},
        {"status", {{"code", 2}, {"message", "no"}}}};
    EXPECT_EQ(spans[0], expected);
    EXPECT_FALSE(spans[1].contains("parentSpanId"));
    EXPECT_FALSE(spans[1].contains("status"));
}

}  // namespace
}  // namespace ingest::trace
