#include <algorithm>
#include <list>

#include "server_fixture.h"

// What one client may hold of what all share.
namespace ingest::http {
namespace {

constexpr std::size_t share = 100'000;
constexpr const char* elsewhere = "127.0.0.2";

class SharesTest : public ServerTest {
protected:
    SharesTest() {
        options.limits.in_flight_bytes_max = 4 * share;
        options.limits.in_flight_bytes_per_client_max = share;
    }

    // A body that lacks its last byte and holds `size`.
    void stall(std::size_t size, const std::string& fields = "", const char* from = nullptr) {
        const std::string bytes = post_bytes(std::string(size, 'x'), fields);
        const std::size_t before = server->counters().bytes_in_flight;
        stalled_.emplace_back(server->port(), RawClient::Options{.from = from});
        stalled_.back().send(std::string_view(bytes).substr(0, bytes.size() - 1));
        ASSERT_TRUE(soon([&] { return server->counters().bytes_in_flight == before + size; }));
    }
    RawClient& last() { return stalled_.back(); }

    int status_from(const char* from, const std::string& fields = "") {
        RawClient client(server->port(), {.from = from});
        client.send(post_bytes("x", fields));
        const auto answer = client.receive();
        return answer ? answer->status : 0;
    }

private:
    std::list<RawClient> stalled_;
};

TEST_F(SharesTest, AnAddressHoldsNoMoreThanItsShare) {
    start();
    stall(share);
    const RawResponse refused = post("x");
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.field("retry-after"), "");
    expect_error_body(refused);
    EXPECT_NE(refused.body.find("of this client"), std::string::npos) << refused.body;
    EXPECT_EQ(server->counters().overloaded, 1U);
    EXPECT_EQ(status_from(elsewhere), 201);
    EXPECT_EQ(get("/health").status, 200);
    last().send("x");
    EXPECT_EQ(last().receive()->status, 201);
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == 0; }));
    EXPECT_EQ(post("x").status, 201);
}

TEST_F(SharesTest, ABodyMayRunIntoItOnItsWay) {
    start();
    stall(share / 2);
    RawClient client = connect();
    client.send(post_bytes(std::string(share * 3 / 4, 'x')));
    EXPECT_EQ(client.receive()->status, 503);
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == share / 2; }));
}

TEST_F(SharesTest, ClientsBehindAProxyHaveTheirOwn) {
    options.trusted_proxies = {*IpNetwork::parse("127.0.0.0/8")};
    start();
    stall(share, "X-Forwarded-For: 192.0.2.1\r\n");
    EXPECT_EQ(status_from(nullptr, "X-Forwarded-For: 192.0.2.1\r\n"), 503);
    EXPECT_EQ(status_from(elsewhere, "X-Forwarded-For: 192.0.2.1\r\n"), 503);
    EXPECT_EQ(status_from(nullptr, "X-Forwarded-For: 192.0.2.2\r\n"), 201);
    EXPECT_EQ(status_from(nullptr), 201);
}

// One connection of a proxy has requests of many.
TEST_F(SharesTest, AConnectionMayHaveRequestsOfSeveral) {
    options.trusted_proxies = {*IpNetwork::parse("127.0.0.0/8")};
    start();
    stall(share, "X-Forwarded-For: 192.0.2.1\r\n");
    RawClient proxy = connect();
    for (int i = 0; i < 3; ++i) {
        proxy.send(post_bytes("x", "X-Forwarded-For: 192.0.2.1\r\n"));
        EXPECT_EQ(proxy.receive()->status, 503);
        proxy.send(post_bytes("x", "X-Forwarded-For: 192.0.2.2\r\n"));
        EXPECT_EQ(proxy.receive()->status, 201);
    }
}

// An answer holds what its request came to until the client has it.
TEST_F(SharesTest, WhoDoesNotReadAnswersKeepsNobodyOut) {
    options.threads = 1;
    options.limits.outcome_bytes_max = 150;
    options.limits.in_flight_bytes_per_client_max = 250;
    options.limits.in_flight_bytes_max = 10'000;
    house.outcome_bytes = 100;
    start();
    house.hold();
    std::list<RawClient> waiting;
    for (int i = 0; i < 3; ++i) {
        waiting.emplace_back(server->port());
        waiting.back().send(post_bytes("x"));
    }
    ASSERT_TRUE(soon([this] { return server->counters().bytes_in_flight == 300; }));
    EXPECT_EQ(post("x").status, 503);
    waiting.emplace_back(server->port(), RawClient::Options{.from = elsewhere});
    waiting.back().send(post_bytes("x"));
    ASSERT_TRUE(soon([this] { return server->counters().bytes_in_flight == 400; }));
    house.release(intake::Ack::stored);
    for (RawClient& client : waiting) EXPECT_EQ(client.receive()->status, 201);
}

TEST_F(SharesTest, ManySlowReadersOfOneAddressLeaveAnswersToOthers) {
    options.limits.answers_max = 20'000'000;
    Services services = house.services();
    services.metrics = [](const observe::HttpCounts&) { return std::string(4'000'000, 'm'); };
    auto socket = ListeningSocket::bind("127.0.0.1", 0);
    ASSERT_TRUE(socket) << socket.error().message;
    auto started = Server::start(std::move(*socket), options, std::move(services));
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    const std::string request = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
    RawClient slow(server->port(), {.receive_buffer = 4096});
    slow.send(request);
    ASSERT_TRUE(soon([this] { return server->counters().bytes_in_flight == 4'000'000; }));
    EXPECT_EQ(ask(request).status, 503);
    RawClient other(server->port(), {.from = elsewhere});
    other.send(request);
    const auto answer = other.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
}

// A core's time is shared too: who sends many requests at once does not have all of them answered
// before somebody else's one.
TEST_F(SharesTest, PipelinedRequestsTakeTurnsWithOthers) {
    options.threads = 1;
    std::promise<void> stuck;
    auto is_stuck = stuck.get_future();
    house.stuck = std::move(stuck);
    start();
    RawClient other = connect();
    other.send(post_bytes("refuse before"));
    ASSERT_EQ(other.receive()->status, 422);
    constexpr std::size_t many = 100;
    std::string bytes = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
    for (std::size_t i = 0; i < many; ++i) bytes += post_bytes("refuse one of many");
    ASSERT_LT(bytes.size(), 16'000U) << "the server reads them at once";
    RawClient client = connect();
    client.send(bytes);
    is_stuck.wait();  // in the first; the others lie behind it
    other.send(post_bytes("refuse other"));
    house.release_core.set_value();
    EXPECT_EQ(other.receive()->status, 422);
    for (std::size_t i = 0; i <= many; ++i) ASSERT_TRUE(client.receive());
    const auto bodies = house.bodies();
    ASSERT_EQ(bodies.size(), many + 2);
    EXPECT_LT(std::ranges::find(bodies, "refuse other|") - bodies.begin(), 10);
}

}  // namespace
}  // namespace ingest::http
