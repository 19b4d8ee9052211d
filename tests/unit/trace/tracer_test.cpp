#include "trace/tracer.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace ingest::trace {
namespace {

constexpr std::string_view sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr std::string_view unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

class TracerTest : public testing::Test {
protected:
    Tracer tracer(std::uint32_t sample_every, std::size_t remembered_max = 1024) {
        return Tracer({.sample_every = sample_every, .remembered_max = remembered_max},
                      [this](Span span) { spans.push_back(std::move(span)); });
    }
    std::vector<Span> spans;
};

TEST_F(TracerTest, TheClientDecides) {
    Tracer never = tracer(0);
    const auto request = never.begin(sampled);
    ASSERT_TRUE(request);
    const auto parent = parse_traceparent(sampled)->context;
    EXPECT_EQ(request->context.trace, parent.trace);
    EXPECT_EQ(request->parent, parent.span);
    EXPECT_NE(request->context.span, parent.span);
    EXPECT_FALSE(never.begin(""));
    EXPECT_FALSE(never.begin("rubbish"));
    Tracer always = tracer(1);
    EXPECT_FALSE(always.begin(unsampled));
}

TEST_F(TracerTest, OneInSoManyOfTheOthers) {
    Tracer one_in_ten = tracer(10);
    std::set<TraceId> traces;
    for (int i = 0; i < 100; ++i) {
        if (const auto request = one_in_ten.begin("")) {
            EXPECT_FALSE(request->parent);
            traces.insert(request->context.trace);
        }
    }
    EXPECT_EQ(traces.size(), 10U);
}

TEST_F(TracerTest, WritesJoinTheTracesOfTheirReadings) {
    Tracer all = tracer(1);
    const Context one = all.begin("")->context;
    const Context two = all.begin("")->context;
    all.kept(one, 10, 20);
    all.kept(two, 20, 21);
    all.wrote({.sink = "db", .first = 0, .end = 10, .failure = ""});
    EXPECT_TRUE(spans.empty()) << "neither's";
    all.wrote({.sink = "db", .first = 15, .end = 30, .begin_us = 7, .end_us = 9, .failure = "no"});
    ASSERT_EQ(spans.size(), 2U);
    EXPECT_EQ(spans[0].context.trace, one.trace);
    EXPECT_EQ(spans[0].parent, one.span);
    EXPECT_EQ(spans[0].name, "write db");
    EXPECT_EQ(spans[0].end_us - spans[0].begin_us, 2);
    EXPECT_EQ(spans[0].failure, "no");
    EXPECT_EQ(spans[1].context.trace, two.trace);
    all.wrote({.sink = "queue", .first = 20, .end = 21, .failure = ""});
    ASSERT_EQ(spans.size(), 3U);
    EXPECT_EQ(spans[2].parent, two.span);
}

// A lane may write before the committer has said what was kept.
TEST_F(TracerTest, AWriteThatWasFasterIsFoundOnce) {
    Tracer all = tracer(1);
    const Context of = all.begin("")->context;
    all.wrote({.sink = "db", .first = 5, .end = 7, .failure = ""});
    all.kept(of, 6, 8);
    ASSERT_EQ(spans.size(), 1U);
    all.wrote({.sink = "db", .first = 7, .end = 8, .failure = ""});
    EXPECT_EQ(spans.size(), 2U);
}

TEST_F(TracerTest, RemembersSoManyRequestsAndNoMore) {
    Tracer two = tracer(1, 2);
    for (std::uint64_t i = 0; i < 3; ++i) two.kept(two.begin("")->context, i, i + 1);
    two.wrote({.sink = "db", .first = 0, .end = 3, .failure = ""});
    EXPECT_EQ(spans.size(), 2U);
}

}  // namespace
}  // namespace ingest::trace
