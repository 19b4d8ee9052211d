#include "redis-sink/url.h"

#include <gtest/gtest.h>

namespace ingest::redis_sink {
namespace {

Endpoint good(std::string_view url) {
    const auto parsed = parse_url(url);
    const auto* error = std::get_if<UrlError>(&parsed);
    EXPECT_EQ(error, nullptr) << url << ": " << error->message;
    return error == nullptr ? std::get<Endpoint>(parsed) : Endpoint{};
}

std::string bad(std::string_view url) {
    const auto parsed = parse_url(url);
    const auto* error = std::get_if<UrlError>(&parsed);
    EXPECT_NE(error, nullptr) << url;
    return error == nullptr ? "" : error->message;
}

TEST(RedisUrl, HasDefaults) {
    const Endpoint endpoint = good("redis://cache");
    EXPECT_EQ(endpoint.host, "cache");
    EXPECT_EQ(endpoint.port, 6379);
    EXPECT_EQ(endpoint.database, 0);
    EXPECT_EQ(endpoint.user + endpoint.password + endpoint.socket, "");
    EXPECT_EQ(good("redis://cache/").database, 0);
}

TEST(RedisUrl, ReadsEveryPart) {
    const Endpoint endpoint = good("REDIS://me:p%40ss%3A%2F%25@10.0.0.1:7000/12");
    EXPECT_EQ(endpoint.user, "me");
    EXPECT_EQ(endpoint.password, "p@ss:/%");
    EXPECT_EQ(endpoint.host, "10.0.0.1");
    EXPECT_EQ(endpoint.port, 7000);
    EXPECT_EQ(endpoint.database, 12);
    EXPECT_EQ(endpoint.name(), "10.0.0.1:7000 database 12");
    EXPECT_EQ(good("redis://h?db=3").database, 3);
}

TEST(RedisUrl, PasswordsNeedNoUser) {
    EXPECT_EQ(good("redis://:secret@h").password, "secret");
    EXPECT_EQ(good("redis://:secret@h").user, "");
    EXPECT_EQ(good("redis://:se:cr@et/@h:1").password, "se:cr@et/");
    EXPECT_EQ(good("redis://me@h").user, "me");
}

TEST(RedisUrl, ReadsVersion6Addresses) {
    EXPECT_EQ(good("redis://[::1]").host, "::1");
    EXPECT_EQ(good("redis://:x@[::1]:99/1").port, 99);
    EXPECT_EQ(good("redis://[::1]:99").name(), "[::1]:99 database 0");
    bad("redis://[::1");
    bad("redis://[::1]99");
}

TEST(RedisUrl, ReadsSockets) {
    const Endpoint endpoint = good("unix://:s%20t@/run/a%20b@c/redis.sock?db=2");
    EXPECT_EQ(endpoint.socket, "/run/a b@c/redis.sock");
    EXPECT_EQ(endpoint.password, "s t");
    EXPECT_EQ(endpoint.database, 2);
    EXPECT_EQ(endpoint.host, "");
    EXPECT_EQ(endpoint.name(), "/run/a b@c/redis.sock database 2");
    bad("unix://relative");
    bad("unix://");
}

TEST(RedisUrl, RefusesTlsAndSaysWhatToDo) {
    EXPECT_NE(bad("rediss://h").find("stunnel"), std::string::npos);
}

TEST(RedisUrl, RefusesWhatIsNone) {
    for (const char* url : {"",
                            "h:6379",
                            "http://h",
                            "redis://",
                            "redis://:1",
                            "redis://h:",
                            "redis://h:0",
                            "redis://h:65536",
                            "redis://h:-1",
                            "redis://h:1x",
                            "redis://h/x",
                            "redis://h/-1",
                            "redis://h/0/1",
                            "redis://h/99999999999",
                            "redis://h?db=",
                            "redis://h?ssl=1",
                            "redis://%zz",
                            "redis://a%00b",
                            "redis://:%4@h",
                            "redis://:%+1@h"}) {
        EXPECT_FALSE(bad(url).empty()) << url;
    }
}

TEST(RedisUrl, ErrorsKeepThePassword) {
    for (const char* url : {"redis://:hunter2@h:x", "redis://:hunter2", "redis://:hunter2@h/x",
                            "http://:hunter2@h", "redis://:hunter2%@h", "redis://hunter2:hunter2@",
                            "rediss://:hunter2@h", "redis://:h?hunter2@h"}) {
        EXPECT_EQ(bad(url).find("hunter2"), std::string::npos) << url;
    }
}

}  // namespace
}  // namespace ingest::redis_sink
