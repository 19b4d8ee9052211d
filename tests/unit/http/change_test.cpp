#include <future>

#include "server_fixture.h"

// A server that goes on on other terms.
namespace ingest::http {
namespace {

class ChangeTest : public ServerTest {
protected:
    void change() { server->change(options, assets); }

    std::vector<Asset> assets = house.services().assets;
};

TEST_F(ChangeTest, EveryTermCountsForTheNextRequest) {
    options.cors.origins = {"https://a.example"};
    start();
    RawClient client = connect();
    const auto ask_for = [&](const std::string& target) {
        client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\n\r\n");
        return *client.receive();
    };
    const RawResponse before = ask_for("/api/v1/openapi.json");
    EXPECT_EQ(before.body, "{}");
    EXPECT_EQ(before.field("access-control-allow-origin"), "https://a.example");
    const auto asked_for = [&] {
        return json::parse(ask_for("/api/v1/sensors/some/latest").body)["equipment_id"];
    };
    EXPECT_EQ(asked_for(), "SOME");

    const auto document = std::make_shared<const std::string>("{\"new\": true}");
    assets[1] = {"/api/v1/openapi.json", "application/json", *document, document};
    options.cors.origins = {};
    options.uppercase_ids = false;
    options.limits.body_max = 10;
    change();
    const RawResponse after = ask_for("/api/v1/openapi.json");
    EXPECT_EQ(after.body, *document);
    EXPECT_NE(after.field("etag"), before.field("etag"));
    EXPECT_EQ(after.field("access-control-allow-origin"), "");
    EXPECT_EQ(asked_for(), "some");
    client.send(post_bytes("12345678901"));
    EXPECT_EQ(client.receive()->status, 413);
}

TEST_F(ChangeTest, ARequestUnderWayKeepsItsTerms) {
    start();
    RawClient client = connect();
    const std::string bytes = post_bytes("one reading");
    client.send(bytes.substr(0, bytes.size() - 3));
    ASSERT_TRUE(soon([this] { return server->counters().bytes_in_flight != 0; }));
    options.limits.body_max = 5;
    change();
    client.send(bytes.substr(bytes.size() - 3));
    EXPECT_EQ(client.receive()->status, 201);
    client.send(bytes);
    EXPECT_EQ(client.receive()->status, 413);
}

TEST_F(ChangeTest, ADocumentIsThereUntilItIsSent) {
    start();
    // More than sockets take that nobody reads from: part of it stays here.
    constexpr std::size_t bytes = 64'000'000;
    auto document = std::make_shared<const std::string>(std::string(bytes, 'a'));
    const std::weak_ptr<const std::string> watched = document;
    assets[2] = {"/docs/large.js", "text/javascript", *document, document};
    change();
    RawClient client = connect();
    client.send("GET /docs/large.js HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(soon([this] { return server->counters().responses[2] != 0; }));
    document.reset();
    assets[2] = {"/docs/large.js", "text/javascript", "short", nullptr};
    change();
    EXPECT_FALSE(watched.expired());
    EXPECT_EQ(client.receive()->body.size(), bytes);
    EXPECT_TRUE(soon([&] { return watched.expired(); }));
    EXPECT_EQ(get("/docs/large.js").body, "short");
}

TEST_F(ChangeTest, WhatWasAcceptedIsHandedOverAndAnswered) {
    start();
    house.hold();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(std::make_unique<RawClient>(server->port()));
        clients.back()->send(post_bytes("one"));
    }
    ASSERT_TRUE(soon([this] { return house.bodies().size() == 10; }));
    change();
    change();
    house.release(intake::Ack::stored);
    for (auto& client : clients) EXPECT_EQ(client->receive()->status, 201);
}

TEST_F(ChangeTest, WhoeverWasCountedStaysSoUnlessTheRateChanges) {
    options.rate_limit = {true, 1};
    start();
    EXPECT_EQ(post("one").status, 201);
    EXPECT_EQ(post("one").status, 429);
    change();
    EXPECT_EQ(post("one").status, 429);
    options.rate_limit.per_minute = 2;
    change();
    EXPECT_EQ(post("one").status, 201);
}

TEST_F(ChangeTest, BoundsOfConnectionsAndBytes) {
    start();
    RawClient first = connect();
    EXPECT_TRUE(first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") && first.receive());
    options.limits.connections_max = 1;
    options.limits.in_flight_bytes_max = 2;
    change();
    EXPECT_EQ(get("/").status, 503);
    first.send(post_bytes("one"));
    EXPECT_EQ(first.receive()->status, 503);
    options.limits = Limits();
    change();
    EXPECT_EQ(post("one").status, 201);
}

// Under load, from the client's side.
TEST_F(ChangeTest, NoRequestFails) {
    start();
    std::atomic<bool> done{false};
    std::atomic<int> answered{0};
    std::vector<std::future<int>> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(std::async(std::launch::async, [&] {
            RawClient client(server->port());
            int failed = 0;
            while (!done) {
                client.send(post_bytes("one"));
                const auto got = client.receive();
                failed += got && got->status == 201 ? 0 : 1;
                ++answered;
            }
            return failed;
        }));
    }
    for (int i = 0; i < 50; ++i) {
        options.uppercase_ids = i % 2 == 0;
        const int before = answered;
        change();
        ASSERT_TRUE(soon([&] { return answered > before; }));
    }
    done = true;
    for (auto& client : clients) EXPECT_EQ(client.get(), 0);
}

}  // namespace
}  // namespace ingest::http
