#include <fcntl.h>

#include <future>

#include "server_fixture.h"

// Many connections, groups and their acks, and the end of a server.
namespace ingest::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(ServerTest, ManyRequestsOverManyConnections) {
    start();
    constexpr int connections = 64;
    constexpr int rounds = 16;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < connections; ++i)
        clients.push_back(std::make_unique<RawClient>(server->port()));
    for (int round = 0; round < rounds; ++round) {
        for (int i = 0; i < connections; ++i)
            clients[static_cast<std::size_t>(i)]->send(
                post_bytes("x" + std::to_string(round * connections + i)));
        for (auto& client : clients) {
            const auto got = client->receive();
            ASSERT_TRUE(got);
            EXPECT_EQ(got->status, 201);
        }
    }
    auto bodies = house.bodies();
    std::ranges::sort(bodies);
    EXPECT_EQ(std::ranges::unique(bodies).begin() - bodies.begin(), connections * rounds);
    EXPECT_LE(house.hand_overs, static_cast<std::size_t>(connections * rounds));
    EXPECT_EQ(server->counters().readings_accepted(), 1U * connections * rounds);
    EXPECT_EQ(server->counters().connections_open, 1U * connections);
}

TEST_F(ServerTest, RequestsOfOneTurnAreOneGroup) {
    options.threads = 1;
    start();
    house.hold();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 30; ++i) {
        clients.push_back(std::make_unique<RawClient>(server->port()));
        clients.back()->send(post_bytes("one"));
    }
    ASSERT_TRUE(soon([this] { return house.bodies().size() == 30; }));
    house.release(intake::Ack::spooled);
    for (auto& client : clients) EXPECT_EQ(client->receive()->status, 202);
}

TEST_F(ServerTest, ConnectionsThatGoAwayWhileTheyWait) {
    start();
    house.hold();
    for (int i = 0; i < 10; ++i) {
        RawClient client = connect();
        client.send(post_bytes("one"));
    }
    ASSERT_TRUE(soon([this] { return house.bodies().size() == 10; }));
    house.release(intake::Ack::stored);
    EXPECT_TRUE(soon([this] { return server->counters().connections_open == 0; }));
}

TEST_F(ServerTest, DrainFinishesWhatIsInFlight) {
    start();
    house.hold();
    RawClient waiting = connect();
    waiting.send(post_bytes("one"));
    RawClient idle = connect();
    idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(idle.receive()->status, 200);
    RawClient fresh = connect();
    ASSERT_TRUE(soon([this] { return server->counters().connections_open == 3; }));
    ASSERT_TRUE(soon([this] { return house.groups_waiting() == 1; }));

    auto drained = std::async(std::launch::async, [this] { server->drain(seconds(60)); });
    EXPECT_TRUE(idle.closed());
    EXPECT_TRUE(fresh.closed());
    EXPECT_EQ(drained.wait_for(seconds(0)), std::future_status::timeout);
    house.release(intake::Ack::stored);
    const auto got = waiting.receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 201);
    EXPECT_EQ(got->field("connection"), "close");
    EXPECT_TRUE(waiting.closed());
    drained.get();
    EXPECT_THROW(connect(), std::runtime_error);
    EXPECT_EQ(server->counters().connections_open, 0U);
}

TEST_F(ServerTest, DrainServesARequestThatWasOnItsWayToAnIdleConnection) {
    options.idle_grace_max = RawClient::patience;
    start();
    RawClient idle = connect();
    idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(idle.receive()->status, 200);
    std::vector<std::unique_ptr<RawClient>> asking;
    for (int i = 0; i < 50; ++i) asking.push_back(std::make_unique<RawClient>(server->port()));
    auto drained = std::async(std::launch::async, [this] { server->drain(seconds(60)); });
    ASSERT_TRUE(soon([&] { return says_that_it_drains(*asking.front()); }));
    // By the time that the others were answered too, the cores know.
    for (std::size_t i = 1; i < asking.size(); ++i) EXPECT_TRUE(says_that_it_drains(*asking[i]));
    idle.send(post_bytes("one"));
    const auto got = idle.receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 201);
    EXPECT_EQ(got->field("connection"), "close");
    EXPECT_TRUE(idle.closed());
    drained.get();
}

TEST_F(ServerTest, DrainAnswersWhatQueuesAtTheListener) {
    options.threads = 1;
    start();
    std::promise<void> stuck;
    auto is_stuck = stuck.get_future();
    house.stuck = std::move(stuck);
    RawClient blocking = connect();
    blocking.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    is_stuck.wait();
    std::vector<std::unique_ptr<RawClient>> queued;
    for (int i = 0; i < 20; ++i) {
        queued.push_back(std::make_unique<RawClient>(server->port()));
        queued.back()->send(post_bytes("one"));
    }
    EXPECT_EQ(server->counters().connections_open, 1U);
    auto drained = std::async(std::launch::async, [this] { server->drain(seconds(60)); });
    EXPECT_EQ(drained.wait_for(milliseconds(1)), std::future_status::timeout);
    house.release_core.set_value();
    EXPECT_EQ(blocking.receive()->status, 200);
    for (auto& client : queued) {
        const auto got = client->receive();
        ASSERT_TRUE(got);
        EXPECT_EQ(got->status, 201);
    }
    drained.get();
    EXPECT_THROW(connect(), std::runtime_error);
}

TEST_F(ServerTest, DrainAnswersARequestThatIsHereBehindAnother) {
    options.idle_grace_max = RawClient::patience;
    start();
    house.hold();
    RawClient client = connect();
    client.send(post_bytes("one") + post_bytes("two"));
    ASSERT_TRUE(soon([this] { return house.groups_waiting() == 1; }));
    RawClient asking = connect();
    auto drained = std::async(std::launch::async, [this] { server->drain(seconds(60)); });
    ASSERT_TRUE(soon([&] { return says_that_it_drains(asking); }));
    house.release(intake::Ack::stored);
    EXPECT_EQ(client.receive()->field("connection"), "");
    const auto last = client.receive();
    ASSERT_TRUE(last);
    EXPECT_EQ(last->status, 201);
    EXPECT_EQ(last->field("connection"), "close");
    drained.get();
}

TEST_F(ServerTest, APassedSocketIsLeftToItsOtherOwners) {
    auto held = ListeningSocket::bind("127.0.0.1", 0);
    ASSERT_TRUE(held);
    const int descriptor = held->release();
    const auto serve = [&] {
        auto passed = ListeningSocket::adopt(::dup(descriptor));
        ASSERT_TRUE(passed) << passed.error().message;
        auto started = Server::start(std::move(*passed), options, house.services());
        ASSERT_TRUE(started) << started.error().message;
        server = std::move(*started);
    };
    serve();
    EXPECT_EQ(post("one").status, 201);
    server->drain(seconds(60));
    RawClient queued = connect();
    queued.send(post_bytes("two"));
    server.reset();
    serve();
    const auto got = queued.receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 201);
    ::close(descriptor);
}

TEST_F(ServerTest, OnlyAListeningTcpSocketIsTaken) {
    EXPECT_FALSE(ListeningSocket::adopt(::socket(AF_INET, SOCK_STREAM, 0)));
    EXPECT_FALSE(ListeningSocket::adopt(::socket(AF_INET, SOCK_DGRAM, 0)));
    EXPECT_FALSE(ListeningSocket::adopt(::open("/dev/null", O_RDONLY)));
    const auto ipv6 = ListeningSocket::bind("::1", 0);
    ASSERT_TRUE(ipv6) << ipv6.error().message;
    EXPECT_EQ(ipv6->host(), "::1");
    EXPECT_TRUE(ipv6->is_ipv6());
}

TEST_F(ServerTest, DrainTellsThatItIsNotReady) {
    options.limits.header_timeout = RawClient::patience;
    start();
    RawClient client = connect();
    const std::string ask_ready = "GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(ask_ready.substr(0, 10));
    RawClient waiting = connect();
    house.hold();
    waiting.send(post_bytes("one"));
    ASSERT_TRUE(soon([this] { return house.groups_waiting() == 1; }));
    RawClient idle = connect();
    ASSERT_TRUE(soon([this] { return server->counters().connections_open == 3; }));
    auto drained = std::async(std::launch::async, [this] { server->drain(seconds(60)); });
    EXPECT_TRUE(idle.closed());  // it drains
    client.send(ask_ready.substr(10));
    const auto got = client.receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 503);
    EXPECT_EQ(json::parse(got->body)["ready"], false);
    EXPECT_EQ(got->field("connection"), "close");
    EXPECT_TRUE(client.closed());
    house.release(intake::Ack::stored);
    EXPECT_EQ(waiting.receive()->status, 201);
    EXPECT_TRUE(waiting.closed());
    drained.get();
}

TEST_F(ServerTest, DrainCutsOffAtItsDeadline) {
    start();
    house.hold();
    RawClient waiting = connect();
    waiting.send(post_bytes("one"));
    RawClient asking = connect();
    asking.send("GET /api/v1/sensors/later/latest HTTP/1.1\r\nHost: a\r\n\r\n");
    RawClient sending = connect();
    sending.send("POST /api/v1/sensors/ingest HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    ASSERT_TRUE(soon([this] { return house.groups_waiting() == 1; }));
    ASSERT_TRUE(soon([this] { return server->counters().connections_open == 3; }));
    server->drain(milliseconds(20));
    EXPECT_EQ(server->counters().connections_open, 0U);
    for (RawClient* client : {&waiting, &asking, &sending}) EXPECT_FALSE(client->receive());
    house.release(intake::Ack::stored);  // comes to nobody
}

// Nobody knows what becomes of them, so they must not be without a line.
TEST_F(ServerTest, ReadingsThatNobodyIsToldOfAreInTheAuditLog) {
    options.audit = true;
    testing::internal::CaptureStdout();
    start();
    house.hold();
    RawClient failed = connect();
    failed.send(post_bytes("one"));
    ASSERT_TRUE(soon([this] { return house.groups_waiting() == 1; }));
    house.release(intake::Ack::failed);
    EXPECT_EQ(failed.receive()->status, 503);
    house.hold();
    RawClient cut = connect();
    cut.send(post_bytes("two"));
    ASSERT_TRUE(soon([this] { return house.groups_waiting() == 1; }));
    server->drain(milliseconds(20));
    const std::string log = testing::internal::GetCapturedStdout();
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = log.find("outcome=unknown readings=1", at)) != log.npos; ++at) {
        ++lines;
    }
    EXPECT_EQ(lines, 2U) << log;
    house.release(intake::Ack::stored);
}

TEST_F(ServerTest, AcksAfterTheServerIsGoneComeToNobody) {
    start();
    house.hold();
    RawClient client = connect();
    client.send(post_bytes("one"));
    ASSERT_TRUE(soon([this] { return house.groups_waiting() == 1; }));
    server.reset();
    EXPECT_FALSE(client.receive());
    house.release(intake::Ack::stored);
    EXPECT_TRUE(soon([this] { return house.groups_waiting() == 0; }));
}

TEST_F(ServerTest, DrainTwiceAndWithoutAnybody) {
    start();
    server->drain(seconds(10));
    server->drain(seconds(10));
    EXPECT_THROW(connect(), std::runtime_error);
}

}  // namespace
}  // namespace ingest::http
