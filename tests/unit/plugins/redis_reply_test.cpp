#include "redis-sink/reply.h"

#include <gtest/gtest.h>

#include <ingest/plugin/status.h>

namespace ingest::redis_sink {
namespace {

TEST(RedisReply, OutagesAreRetried) {
    for (const char* error :
         {"LOADING Redis is loading the dataset in memory",
          "READONLY You can't write against a read only replica.",
          "OOM command not allowed when used memory > 'maxmemory'.",
          "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
          "CLUSTERDOWN The cluster is down", "TRYAGAIN Multiple keys request during rehashing",
          "MISCONF Redis is configured to save RDB snapshots, but it is currently not able to",
          "BUSY Redis is busy running a script.", "NOREPLICAS Not enough good replicas to write.",
          "EXECABORT Transaction discarded", "ERR max number of clients reached",
          "ERR max number of clients + cluster connections reached"}) {
        EXPECT_EQ(judge(error).code, INGEST_RETRY) << error;
        EXPECT_NE(judge(error).text, judge("SOMETHING else").text) << error;
    }
}

TEST(RedisReply, WhatAPersonMustCorrectIsFatal) {
    for (const char* error :
         {"NOAUTH Authentication required.",
          "WRONGPASS invalid username-password pair or user is disabled.", "ERR invalid password",
          "ERR AUTH <password> called without any password configured for the default user.",
          "ERR Client sent AUTH, but no password is set",
          "ERR wrong number of arguments for 'auth' command",
          "NOPERM this user has no permissions to run the 'lpush' command",
          "DENIED Redis is running in protected mode",
          "WRONGTYPE Operation against a key holding the wrong kind of value",
          "ERR DB index is out of range", "ERR invalid DB index",
          "ERR SELECT is not allowed in cluster mode", "MOVED 3999 127.0.0.1:6381",
          "ASK 3999 127.0.0.1:6381", "ERR unknown command 'LPUSH', with args"}) {
        EXPECT_EQ(judge(error).code, INGEST_FATAL) << error;
        EXPECT_FALSE(judge(error).text.empty()) << error;
    }
}

TEST(RedisReply, TheUnknownIsRetried) {
    for (const char* error : {"", "ERR", "ERR something new", "BUSYKEY Target key name exists",
                              "NOAUTHORITY", "OOMPH", "wrong"}) {
        EXPECT_EQ(judge(error).code, INGEST_RETRY) << error;
        EXPECT_EQ(&judge(error), &judge("never heard of")) << error;
    }
}

TEST(RedisReply, CaseDoesNotMatter) { EXPECT_EQ(judge("wrongtype x").code, INGEST_FATAL); }

TEST(RedisReply, TheCodeWordRepeatsNothing) {
    EXPECT_EQ(code_word("ERR unknown command 'AUTH', with args beginning with: 'secret'"), "ERR");
    EXPECT_EQ(code_word("WRONGTYPE"), "WRONGTYPE");
    EXPECT_EQ(code_word(""), "");
    EXPECT_EQ(code_word("secret"), "");
}

}  // namespace
}  // namespace ingest::redis_sink
