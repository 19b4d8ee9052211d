#include "plugin/call_mark.h"

#include <latch>
#include <thread>

#include <gmock/gmock.h>

#include "plugin/call_board.h"

namespace ingest::plugin {
namespace {

const Callee& range() {
    static const Callee& callee = *new Callee{"range", "/plugins/range.so"};
    return callee;
}
const Callee& rules() {
    static const Callee& callee = *new Callee{"rules", "/plugins/rules.so"};
    return callee;
}

TEST(CallMark, IsThereWhileTheCallLasts) {
    EXPECT_TRUE(look_at_marks().calls.empty());
    {
        const CallMark mark(range(), {"validate", 77});
        const Marks marks = look_at_marks();
        ASSERT_EQ(marks.calls.size(), 1U);
        EXPECT_EQ(marks.calls[0].callee, &range());
        EXPECT_STREQ(marks.calls[0].function, "validate");
        EXPECT_EQ(marks.calls[0].deadline_ns, 77);
        EXPECT_NE(marks.calls[0].number, 0U);
    }
    EXPECT_TRUE(look_at_marks().calls.empty());
}

TEST(CallMark, TheInnerOneShowsThenTheOuterOneAgain) {
    const CallMark outer(range(), {"validate"});
    const Marks before = look_at_marks();
    {
        const CallMark inner(rules(), {"validate"});
        EXPECT_EQ(look_at_marks().calls.at(0).callee, &rules());
    }
    const Marks after = look_at_marks();
    ASSERT_EQ(after.calls.size(), 1U);
    EXPECT_EQ(after.calls[0].callee, &range());
    EXPECT_EQ(after.calls[0].number, before.calls.at(0).number);
}

TEST(CallMark, CallsInBetweenShowInTheSum) {
    { const CallMark mark(range(), {"validate"}); }
    const std::uint64_t before = look_at_marks().sum;
    EXPECT_EQ(look_at_marks().sum, before);
    { const CallMark mark(range(), {"validate"}); }
    EXPECT_NE(look_at_marks().sum, before);
}

TEST(CallMark, EachThreadHasItsOwnUntilItEnds) {
    std::latch called(4);
    std::latch seen(1);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            const CallMark mark(range(), {"validate"});
            called.count_down();
            seen.wait();
        });
    }
    called.wait();
    const Marks marks = look_at_marks();
    EXPECT_EQ(marks.calls.size(), 4U);
    for (std::size_t i = 1; i < marks.calls.size(); ++i) {
        EXPECT_NE(marks.calls[i].number, marks.calls[0].number);
    }
    seen.count_down();
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(look_at_marks().calls.empty());
}

// A torn look would pair one plugin with the other's function.
TEST(CallMark, ALookIsOfOneCall) {
    std::atomic<bool> stop{false};
    std::thread caller([&] {
        while (!stop) {
            const CallMark mark(range(), {"validate", 1});
            const CallMark inner(rules(), {"create", 2});
        }
    });
    std::size_t seen = 0;
    while (seen < 20'000) {
        for (const MarkedCall& call : look_at_marks().calls) {
            const bool outer = call.callee == &range();
            ASSERT_EQ(std::string_view(call.function), outer ? "validate" : "create");
            ASSERT_EQ(call.deadline_ns, outer ? 1 : 2);
            ++seen;
        }
    }
    stop = true;
    caller.join();
}

}  // namespace
}  // namespace ingest::plugin
