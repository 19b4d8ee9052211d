#include "trace/context.h"

#include <gtest/gtest.h>

namespace ingest::trace {
namespace {

const std::string trace_id = "0af7651916cd43dd8448eb211c80319c";
const std::string span_id = "b7ad6b7169203331";

TEST(Traceparent, IsTakenAndPassedOn) {
    const auto parent = parse_traceparent("00-" + trace_id + "-" + span_id + "-01");
    ASSERT_TRUE(parent);
    EXPECT_TRUE(parent->sampled);
    EXPECT_EQ(parent->context.trace[0], 0x0A);
    EXPECT_EQ(parent->context.span[7], 0x31);
    EXPECT_EQ(to_traceparent(parent->context), "00-" + trace_id + "-" + span_id + "-01");
}

TEST(Traceparent, OnlyTheFirstFlagMeansSampled) {
    EXPECT_FALSE(parse_traceparent("00-" + trace_id + "-" + span_id + "-00")->sampled);
    EXPECT_FALSE(parse_traceparent("00-" + trace_id + "-" + span_id + "-fe")->sampled);
    EXPECT_TRUE(parse_traceparent("00-" + trace_id + "-" + span_id + "-ff")->sampled);
}

TEST(Traceparent, LaterVersionsMayHaveMore) {
    EXPECT_TRUE(parse_traceparent("cc-" + trace_id + "-" + span_id + "-01"));
    EXPECT_TRUE(parse_traceparent("cc-" + trace_id + "-" + span_id + "-01-what-comes"));
    EXPECT_FALSE(parse_traceparent("cc-" + trace_id + "-" + span_id + "-01.what"));
}

TEST(Traceparent, WhatIsMalformedIsNone) {
    const std::string zeros(32, '0');
    for (const std::string& text :
         {std::string(), std::string("00"), "00-" + trace_id + "-" + span_id,
          "00-" + trace_id + "-" + span_id + "-1", "ff-" + trace_id + "-" + span_id + "-01",
          "00-" + zeros + "-" + span_id + "-01",
          "00-" + trace_id + "-" + zeros.substr(0, 16) + "-01",
          "00-" + trace_id + "-" + span_id + "-01-more", "00-" + trace_id + "-" + span_id + "-0g",
          "00-0AF7651916CD43DD8448EB211C80319C-" + span_id + "-01",
          "00_" + trace_id + "-" + span_id + "-01", " 00-" + trace_id + "-" + span_id + "-01",
          "00-" + trace_id.substr(1) + "g-" + span_id + "-01"}) {
        EXPECT_FALSE(parse_traceparent(text)) << text;
    }
}

}  // namespace
}  // namespace ingest::trace
