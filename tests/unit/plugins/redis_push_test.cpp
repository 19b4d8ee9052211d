#include "redis-sink/push.h"

#include <gtest/gtest.h>

namespace ingest::redis_sink {
namespace {

TEST(RedisPush, IsOneCommandInTheProtocol) {
    Push push("q");
    EXPECT_TRUE(push.empty());
    push.add("one");
    push.add("");
    EXPECT_FALSE(push.empty());
    std::string out = "before";
    push.take(out);
    EXPECT_EQ(out, "before*4\r\n$5\r\nLPUSH\r\n$1\r\nq\r\n$3\r\none\r\n$0\r\n\r\n");
    EXPECT_TRUE(push.empty());
}

TEST(RedisPush, IsFullByMessages) {
    Push push("q");
    for (size_t i = 1; i < Push::messages_max; ++i) push.add("x");
    EXPECT_FALSE(push.full());
    push.add("x");
    EXPECT_TRUE(push.full());
    std::string out;
    push.take(out);
    EXPECT_FALSE(push.full());
    EXPECT_TRUE(out.starts_with("*258\r\n"));
}

TEST(RedisPush, IsFullByBytes) {
    Push push("q");
    push.add(std::string(Push::bytes_full, 'x'));
    EXPECT_TRUE(push.full());
}

}  // namespace
}  // namespace ingest::redis_sink
