#include <list>

#include "server_fixture.h"

// Answers that clients are slow to take, while the room for bodies is used up.
namespace ingest::http {
namespace {

constexpr std::size_t room = 200'000;

class SlowReadersTest : public ServerTest {
protected:
    void start_with(std::string metrics) {
        options.limits.in_flight_bytes_max = room;
        auto socket = ListeningSocket::bind("127.0.0.1", 0);
        ASSERT_TRUE(socket) << socket.error().message;
        Services services = house.services();
        services.metrics = [text = std::move(metrics)](const observe::HttpCounts&) { return text; };
        auto started = Server::start(std::move(*socket), options, std::move(services));
        ASSERT_TRUE(started) << started.error().message;
        server = std::move(*started);
    }

    // A body that lacks its last byte holds all there is.
    void fill() {
        const std::string bytes = post_bytes(std::string(room, 'x'));
        const std::size_t before = server->counters().bytes_in_flight;
        filling_.emplace_back(server->port());
        filling_.back().send(std::string_view(bytes).substr(0, bytes.size() - 1));
        ASSERT_TRUE(soon([&] { return server->counters().bytes_in_flight == before + room; }));
        ASSERT_EQ(post("one more").status, 503);
    }

    // What its kernel takes for it is far less than the answers here.
    RawClient slow_reader() { return RawClient(server->port(), {.receive_buffer = 4096}); }

private:
    std::list<RawClient> filling_;
};

// It is durable by then, so that a client without an answer would send it again.
TEST_F(SlowReadersTest, WhatWasKeptIsAnsweredWhateverIsFull) {
    house.readings = 100'000;
    start_with("");
    house.hold();
    RawClient client = slow_reader();
    client.send(post_bytes("x", "", "/api/v1/sensors/ingest/batch"));
    ASSERT_TRUE(soon([this] { return house.groups_waiting() == 1; }));
    fill();
    house.release(intake::Ack::stored);
    const auto answer = client.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(json::parse(answer->body)["reading_ids"].size(), 100'000U);
}

TEST_F(SlowReadersTest, WhoWatchesIsAnsweredWhateverIsFull) {
    start_with(std::string(4'000'000, 'm'));
    fill();
    RawClient client = slow_reader();
    client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto metrics = client.receive();
    ASSERT_TRUE(metrics);
    EXPECT_EQ(metrics->status, 200);
    EXPECT_EQ(metrics->body.size(), 4'000'000U);
    for (const std::string path : {"/health", "/health/ready"}) {
        RawClient many = slow_reader();
        constexpr int asked = 8'000;
        std::string requests;
        for (int i = 0; i < asked; ++i)
            requests += "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
        std::thread sender([&] { many.send(requests); });
        // So that answers wait for it.
        EXPECT_TRUE(soon([this] { return server->counters().responses[2] > 100; }));
        int answered = 0;
        while (answered < asked && many.receive()) ++answered;
        sender.join();
        EXPECT_EQ(answered, asked) << path;
    }
}

TEST_F(SlowReadersTest, AnAnswerThatHasNoRoomSaysSo) {
    options.limits.answers_max = 5'000'000;
    start_with(std::string(4'000'000, 'm'));
    RawClient first = slow_reader();
    first.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(soon([this] { return server->counters().bytes_in_flight == 4'000'000; }));
    const RawResponse refused = get("/metrics");
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.field("retry-after"), "");
    EXPECT_EQ(refused.field("connection"), "");
    expect_error_body(refused);
    EXPECT_EQ(server->counters().overloaded, 1U);
    EXPECT_EQ(get("/health").status, 200) << "small ones need none";
    EXPECT_EQ(ask("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n", true).status, 200);
    EXPECT_EQ(first.receive()->body.size(), 4'000'000U);
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == 0; }));
    EXPECT_EQ(get("/metrics").status, 200);
}

}  // namespace
}  // namespace ingest::http
