#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include <nlohmann/json.hpp>

#include "integration/redis_server.h"
#include "redis-sink/url.h"
#include "support/batches.h"
#include "support/plugin_driver.h"

namespace ingest::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// The built plugin against real servers. Every test has a list or a server of its own.
class RedisSink : public testing::Test {
protected:
    void SetUp() override {
        const char* url = std::getenv("INGEST_TEST_REDIS_URL");
        if (url == nullptr) {
            GTEST_SKIP() << "INGEST_TEST_REDIS_URL is not set; tests/support/stores sets it";
        }
        url_ = url;
        const auto parsed = redis_sink::parse_url(url_);
        port_ = std::get<redis_sink::Endpoint>(parsed).port;
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        queue_ = std::string("test:") + test->name() + ":" + std::to_string(getpid());
    }
    void TearDown() override {
        if (port_ != 0) RedisClient(port_).integer({"DEL", queue_});
    }
    std::string options(const std::string& url, json more = json::object()) const {
        more["url"] = url;
        more["queue"] = queue_;
        return more.dump();
    }
    Sink sink(const std::string& url, json more = json::object()) const {
        return Sink(plugin_, options(url, std::move(more)), *schema_);
    }
    model::Batch one() const { return readings(*schema_, {{21.5, 0.5, 1.0}}); }
    model::Batch many(int rows) const {
        model::Batch batch(*schema_);
        for (int i = 0; i < rows; ++i) add_reading(batch, "PUMP-A1-001", {i * 0.5, 0.5, 1.0});
        return batch;
    }
    // Until the server that was started or woken answers again.
    static Outcome write_until_ok(Sink& sink, const model::Batch& batch) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        Outcome outcome = sink.write(batch);
        while (!outcome.ok() && std::chrono::steady_clock::now() < deadline) {
            outcome = sink.write(batch);
        }
        return outcome;
    }

    const std::unique_ptr<model::Schema> schema_ = sensor_schema();
    const Plugin plugin_{"redis-sink"};
    std::string url_;
    std::string queue_;
    int port_ = 0;
};

TEST_F(RedisSink, ConsumersGetTheMessagesInOrder) {
    model::Batch first(*schema_);
    add_reading(first, "PUMP-A1-001", {21.5, 0.5, 1.0, null, 230.0});
    add_reading(first, "MÜ-\"1\"", {-0.0, 1e-7, 1e16}, 1'764'000'000'000'000);
    model::Batch second(*schema_);
    add_reading(second, "FAN-B2-002", {1.0, 2.0, 3.0, 4.0, 5.0}, -62'135'596'800'000'000);
    Sink sink = this->sink(url_);
    const model::Batch* batches[] = {&first, &second};
    const Outcome written = sink.write(batches);
    ASSERT_TRUE(written.ok()) << written.message;

    RedisClient consumer(port_);
    EXPECT_EQ(consumer.brpop(queue_),
              R"({"reading_id": "0190f3c4-8f3b-7000-8000-000000000001", )"
              R"("equipment_id": "PUMP-A1-001", "temperature": 21.5, "vibration": 0.5, )"
              R"("pressure": 1.0, "humidity": null, "voltage": 230.0, )"
              R"("timestamp": "2025-11-24T16:00:00.123456+00:00"})");
    EXPECT_EQ(consumer.brpop(queue_),
              R"({"reading_id": "0190f3c4-8f3b-7000-8000-000000000002", )"
              R"("equipment_id": "M\u00dc-\"1\"", "temperature": -0.0, "vibration": 1e-07, )"
              R"("pressure": 1e+16, "humidity": null, "voltage": null, )"
              R"("timestamp": "2025-11-24T16:00:00+00:00"})");
    EXPECT_EQ(consumer.brpop(queue_),
              R"({"reading_id": "0190f3c4-8f3b-7000-8000-000000000001", )"
              R"("equipment_id": "FAN-B2-002", "temperature": 1.0, "vibration": 2.0, )"
              R"("pressure": 3.0, "humidity": 4.0, "voltage": 5.0, )"
              R"("timestamp": "0001-01-01T00:00:00+00:00"})");
    EXPECT_EQ(consumer.integer({"LLEN", queue_}), 0);
}

TEST_F(RedisSink, TenThousandReadingsInOneWrite) {
    Sink sink = this->sink(url_);
    const Outcome written = sink.write(many(10'000));
    ASSERT_TRUE(written.ok()) << written.message;
    auto messages = RedisClient(port_).list({"LRANGE", queue_, "0", "-1"});
    ASSERT_EQ(messages.size(), 10'000U);
    for (size_t i = 0; i < messages.size(); ++i) {
        const auto message = json::parse(messages[messages.size() - 1 - i]);
        ASSERT_EQ(message.at("temperature").get<double>(), static_cast<double>(i) * 0.5);
    }
}

TEST_F(RedisSink, AnEmptyWriteOnlyConnects) {
    Sink sink = this->sink(url_);
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_UNKNOWN);
    ASSERT_TRUE(sink.connect().ok());
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_CONNECTED);
    EXPECT_EQ(RedisClient(port_).integer({"EXISTS", queue_}), 0);
    EXPECT_TRUE(sink.flush().ok());
}

TEST_F(RedisSink, AKeyThatIsNoListIsFatal) {
    RedisClient(port_).text({"SET", queue_, "text"});
    Sink sink = this->sink(url_);
    const Outcome written = sink.write(one());
    EXPECT_EQ(written.code, INGEST_FATAL);
    EXPECT_THAT(written.message, HasSubstr("no list"));
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_DISCONNECTED);
    RedisClient(port_).integer({"DEL", queue_});
    EXPECT_TRUE(sink.write(one()).ok());
}

TEST_F(RedisSink, PausesAtMaxLengthUntilConsumersCatchUp) {
    RedisClient client(port_);
    for (int i = 0; i < 3; ++i) client.integer({"LPUSH", queue_, "old"});
    Sink sink = this->sink(url_, {{"max_length", 5}});
    ASSERT_TRUE(sink.write(many(4)).ok());
    const Outcome paused = sink.write(one());
    EXPECT_EQ(paused.code, INGEST_RETRY);
    EXPECT_THAT(paused.message, HasSubstr("7 messages and max_length is 5"));
    EXPECT_EQ(sink.connect().code, INGEST_RETRY);
    EXPECT_EQ(client.integer({"LLEN", queue_}), 7);
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_CONNECTED);
    EXPECT_THAT(sink.health().message, HasSubstr("paused"));

    for (int i = 0; i < 3; ++i) client.brpop(queue_);
    ASSERT_TRUE(sink.write(one()).ok());
    EXPECT_EQ(sink.health().message, "");
    EXPECT_EQ(client.integer({"LLEN", queue_}), 5);
    // A sink that has just begun knows nothing of the list: it asks.
    Sink another = this->sink(url_, {{"max_length", 5}});
    EXPECT_EQ(another.write(one()).code, INGEST_RETRY);
    EXPECT_EQ(client.integer({"LLEN", queue_}), 5);
}

TEST_F(RedisSink, PasswordAndDatabaseComeFromTheUrl) {
    const RedisServer server({"--requirepass", "p@ss:/ word"});
    Sink sink = this->sink(server.url(":p%40ss%3A%2F%20word@", 7));
    const Outcome written = sink.write(one());
    ASSERT_TRUE(written.ok()) << written.message;
    RedisClient client(server.port(), "p@ss:/ word");
    client.text({"SELECT", "7"});
    EXPECT_EQ(client.integer({"LLEN", queue_}), 1);
}

TEST_F(RedisSink, UsersNeedOnlyTheDocumentedPermissions) {
    const RedisServer server(
        {"--user", "sensor", "on", ">secret", "~test:*", "+ping", "+select", "+llen", "+lpush"});
    Sink sink = this->sink(server.url("sensor:secret@", 1), {{"max_length", 100}});
    ASSERT_TRUE(sink.connect().ok());
    ASSERT_TRUE(sink.write(one()).ok());
    const json elsewhere{{"url", server.url("sensor:secret@")}, {"queue", "not-allowed"}};
    Sink refused(plugin_, elsewhere.dump(), *schema_);
    const Outcome written = refused.write(one());
    EXPECT_EQ(written.code, INGEST_FATAL);
    EXPECT_THAT(written.message, HasSubstr("permission"));
}

TEST_F(RedisSink, BadCredentialsAreFatalAndStaySecret) {
    const RedisServer locked({"--requirepass", "right"});
    const RedisServer open;
    const RedisServer renamed({"--rename-command", "AUTH", "LOGIN"});
    const std::string urls[] = {locked.url(":hunter2@"), locked.url(), locked.url("me:hunter2@"),
                                open.url(":hunter2@"), renamed.url(":hunter2@")};
    for (const auto& url : urls) {
        Sink sink = this->sink(url);
        const Outcome connected = sink.connect();
        EXPECT_EQ(connected.code, INGEST_FATAL) << connected.message;
        EXPECT_FALSE(connected.message.empty());
        EXPECT_THAT(connected.message, Not(HasSubstr("hunter2")));
        EXPECT_EQ(sink.health().code, INGEST_HEALTH_DISCONNECTED);
        EXPECT_THAT(sink.health().message, Not(HasSubstr("hunter2")));
        EXPECT_EQ(sink.write(one()).code, INGEST_FATAL);
    }
    for (const auto& line : plugin_.host().lines()) {
        EXPECT_THAT(line.message, Not(HasSubstr("hunter2")));
    }
}

TEST_F(RedisSink, ADatabaseThatIsNotThereIsFatal) {
    const RedisServer server;
    Sink sink = this->sink(server.url("", 99));
    const Outcome connected = sink.connect();
    EXPECT_EQ(connected.code, INGEST_FATAL);
    EXPECT_THAT(connected.message, HasSubstr("no database of that number"));
}

TEST_F(RedisSink, AServerThatIsDownIsRetriedAndComesBack) {
    RedisServer server;
    server.kill();
    Sink sink = this->sink(server.url(":hunter2@"));
    ASSERT_TRUE(sink.created().ok());
    const Outcome down = sink.write(one());
    EXPECT_EQ(down.code, INGEST_RETRY);
    EXPECT_THAT(down.message, HasSubstr("127.0.0.1:" + std::to_string(server.port())));
    EXPECT_THAT(down.message, Not(HasSubstr("hunter2")));
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_DISCONNECTED);

    Sink plain = this->sink(server.url());
    EXPECT_EQ(plain.write(one()).code, INGEST_RETRY);
    server.start();
    EXPECT_TRUE(write_until_ok(plain, one()).ok());
    EXPECT_EQ(plain.health().code, INGEST_HEALTH_CONNECTED);
}

TEST_F(RedisSink, AServerKilledBetweenWritesCostsARetryAndNoSignal) {
    RedisServer server;
    Sink sink = this->sink(server.url());
    ASSERT_TRUE(sink.write(one()).ok());
    server.kill();
    // Large enough that the sink is still sending when the closed connection answers.
    EXPECT_EQ(sink.write(many(20'000)).code, INGEST_RETRY);
    EXPECT_EQ(sink.write(one()).code, INGEST_RETRY);
    server.start();
    EXPECT_TRUE(write_until_ok(sink, one()).ok());
    EXPECT_EQ(RedisClient(server.port()).integer({"LLEN", queue_}), 1);
}

TEST_F(RedisSink, AServerThatHangsIsGivenUp) {
    const RedisServer server;
    Sink sink = this->sink(server.url(), {{"timeout_ms", 200}});
    Sink fresh = this->sink(server.url(), {{"timeout_ms", 200}});
    ASSERT_TRUE(write_until_ok(sink, one()).ok());
    server.stop();
    const Outcome hung = sink.write(many(20'000));
    EXPECT_EQ(hung.code, INGEST_RETRY);
    EXPECT_THAT(hung.message, HasSubstr("did not answer within 200 ms"));
    EXPECT_EQ(fresh.connect().code, INGEST_RETRY);
    server.go_on();
    EXPECT_TRUE(write_until_ok(sink, one()).ok());
}

TEST_F(RedisSink, TheDeadlineBoundsTheWaitToo) {
    const RedisServer server;
    Sink sink = this->sink(server.url(), {{"timeout_ms", 3'600'000}});
    ASSERT_TRUE(sink.write(one()).ok());
    EXPECT_EQ(sink.write(one(), monotonic_ns() - 1).code, INGEST_RETRY);
    server.stop();
    EXPECT_EQ(sink.write(one(), monotonic_ns() + 200'000'000).code, INGEST_RETRY);
    server.go_on();
}

TEST_F(RedisSink, MemoryThatIsFullIsRetried) {
    const RedisServer server;
    RedisClient client(server.port());
    Sink sink = this->sink(server.url());
    client.text({"CONFIG", "SET", "maxmemory", "1"});
    const Outcome full = sink.write(one());
    EXPECT_EQ(full.code, INGEST_RETRY);
    EXPECT_THAT(full.message, HasSubstr("out of memory"));
    client.text({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_TRUE(sink.write(one()).ok());
}

TEST_F(RedisSink, AReplicaIsRetried) {
    const RedisServer server;
    RedisClient client(server.port());
    client.text({"REPLICAOF", "127.0.0.1", "1"});
    Sink sink = this->sink(server.url());
    EXPECT_EQ(sink.write(one()).code, INGEST_RETRY);
    client.text({"REPLICAOF", "NO", "ONE"});
    EXPECT_TRUE(sink.write(one()).ok());
}

TEST_F(RedisSink, LogsOnlyChangesOfItsState) {
    RedisServer server;
    Sink sink = this->sink(server.url());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(sink.write(one()).ok());
    server.kill();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(sink.write(one()).code, INGEST_RETRY);
    const auto lines = plugin_.host().lines();
    ASSERT_EQ(lines.size(), 3U);  // connected, lost, cannot be reached
    EXPECT_EQ(lines[0].level, INGEST_LOG_INFO);
    EXPECT_EQ(lines[1].level, INGEST_LOG_WARN);
    EXPECT_EQ(lines[2].level, INGEST_LOG_WARN);
}

TEST_F(RedisSink, OptionsThatCannotWorkAreRefused) {
    const auto created = [&](const json& options) {
        return Sink(plugin_, options.dump(), *schema_).created();
    };
    const Outcome tls = created({{"url", "rediss://:hunter2@h"}});
    EXPECT_EQ(tls.code, INGEST_CONFIG);
    EXPECT_THAT(tls.message, HasSubstr("/url: rediss://"));
    EXPECT_THAT(tls.message, HasSubstr("stunnel"));
    EXPECT_THAT(tls.message, Not(HasSubstr("hunter2")));
    const json url{{"url", "redis://h"}};
    for (const json& more : {json{{"queue", ""}}, json{{"queue", 1}}, json{{"timeout_ms", 0}},
                             json{{"timeout_ms", "1"}}, json{{"timeout_ms", 3'600'001}},
                             json{{"max_length", -1}}, json{{"url", 1}}, json{{"url", ""}}}) {
        json options = url;
        options.update(more);
        EXPECT_EQ(created(options).code, INGEST_CONFIG) << options;
    }
    EXPECT_EQ(created(json::object()).code, INGEST_CONFIG);
    EXPECT_EQ(created(url).code, INGEST_OK);
}

TEST_F(RedisSink, TheManifestIsJson) {
    const auto manifest = json::parse(plugin_.manifest());
    EXPECT_EQ(manifest.at("kind"), "sink");
    EXPECT_EQ(manifest.at("options").at(0).at("secret"), true);
    for (const auto& option : manifest.at("options")) {
        EXPECT_FALSE(option.at("description").get<std::string>().empty());
    }
    EXPECT_EQ(plugin_.id(), "redis-sink");
    EXPECT_EQ(plugin_.find_interface("ingest.query/1"), nullptr);
}

}  // namespace
}  // namespace ingest::test
