#include <list>

#include "server_fixture.h"

// What is refused, byte for byte, and what connections do around it.
namespace ingest::http {
namespace {

const std::string ingest_line = "POST /api/v1/sensors/ingest HTTP/1.1\r\n";
const std::string host = "Host: a\r\n";

TEST_F(ServerTest, RefusalsCloseTheConnection) {
    start();
    // A request follows each: it must not be served.
    const std::string next = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::vector<std::pair<std::string, int>> refused = {
        {ingest_line + host + "Transfer-Encoding: xchunked\r\n\r\n", 400},
        {ingest_line + host + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
        {ingest_line + host + "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\n", 400},
        {ingest_line + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
        {ingest_line + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
         400},
        {"POST /api/v1/sensors/ingest HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {ingest_line + host + "Content-Length: 3, 3\r\n\r\nabc", 400},
        {ingest_line + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
        {ingest_line + host + "Content-Length: 3x\r\n\r\nabc", 400},
        {ingest_line + host + "Content-Length: 99999999999999999999\r\n\r\n", 400},
        {ingest_line + host + "X: a\r\n b\r\n\r\n", 400},
        {ingest_line + "\r\n", 400},
        {ingest_line + host + host + "\r\n", 400},
        {ingest_line + "Host: a b\r\n\r\n", 400},
        {ingest_line + host + "X: \x01\r\n\r\n", 400},
        {ingest_line + host + "X : y\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: a\n\n", 400},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {ingest_line + host + "\r\n", 411},
        {ingest_line + host + "Content-Length: 1048577\r\n\r\n", 413},
        {ingest_line + host + "Expect: magic\r\nContent-Length: 1\r\n\r\n", 417},
        {"GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\n", 414},
        {"GET / HTTP/1.1\r\nX: " + std::string(9000, 'a') + "\r\n\r\n", 431},
        {ingest_line + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
         400},
        {ingest_line + host + "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 400},
        {ingest_line + host + "Transfer-Encoding: chunked\r\n\r\n3;" + std::string(257, 'x') +
             "\r\nabc\r\n0\r\n\r\n", 400},
        {ingest_line + host + "Transfer-Encoding: chunked\r\n\r\n200000\r\n" +
             std::string(1'100'000, 'x'), 413},
        {"GET /api/v1/sensors/%00/latest HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    };
    for (const auto& [bytes, status] : refused) expect_refused(bytes + next, status);
    EXPECT_TRUE(house.bodies().empty());
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == 0; }));
}

TEST_F(ServerTest, RequestsMayArriveInTwoPieces) {
    start();
    const std::vector<std::pair<std::string, int>> requests = {
        {post_bytes("hello"), 201},
        {ingest_line + host + "Transfer-Encoding: chunked\r\n\r\n"
                            "2;x\r\nab\r\n3\r\ncde\r\n0\r\n\r\n",
         201},
        {ingest_line + host + "Content-Length: 3, 3\r\n\r\nabc", 400},
        {"GET /health HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    };
    for (const auto& [bytes, status] : requests) {
        for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
            RawClient client = connect();
            client.send(std::string_view(bytes).substr(0, cut));
            client.send(std::string_view(bytes).substr(cut));
            const auto got = client.receive();
            ASSERT_TRUE(got) << cut;
            EXPECT_EQ(got->status, status) << cut;
        }
    }
    for (const std::string& body : house.bodies())
        EXPECT_TRUE(body == "hello|" || body == "abcde|") << body;
}

TEST_F(ServerTest, RequestsMayArriveByteByByte) {
    start();
    RawClient client = connect();
    for (const std::string& bytes :
         {post_bytes("hello"), ingest_line + host + "Transfer-Encoding: chunked\r\n\r\n"
                                                    "5\r\nhello\r\n0\r\n\r\n"}) {
        for (const char c : bytes) client.send({&c, 1});
        const auto got = client.receive();
        ASSERT_TRUE(got);
        EXPECT_EQ(got->status, 201);
    }
    EXPECT_EQ(house.bodies(), (std::vector<std::string>{"hello|", "hello|"}));
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
    start();
    RawClient client = connect();
    std::string bytes;
    const std::string paths[] = {"/", "/nowhere", "/health", "/docs"};
    for (int i = 0; i < 40; ++i) {
        const std::string id = "X-Request-ID: n" + std::to_string(i) + "\r\n";
        if (i % 5 == 4) bytes += post_bytes("body" + std::to_string(i), id);
        else bytes += "GET " + paths[i % 5] + " HTTP/1.1\r\nHost: a\r\n" + id + "\r\n";
    }
    client.send(bytes);
    for (int i = 0; i < 40; ++i) {
        const auto got = client.receive();
        ASSERT_TRUE(got) << i;
        EXPECT_EQ(got->field("x-request-id"), "n" + std::to_string(i));
    }
    EXPECT_EQ(house.bodies().size(), 8U);
}

TEST_F(ServerTest, LargeBodies) {
    start();
    const std::string body(1024 * 1024, 'x');
    EXPECT_EQ(post(body).status, 201);
    std::string chunked = ingest_line + host + "Transfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 16; ++i) chunked += "10000\r\n" + std::string(65536, 'x') + "\r\n";
    EXPECT_EQ(ask(chunked + "0\r\n\r\n").status, 201);
    const auto bodies = house.bodies();
    ASSERT_EQ(bodies.size(), 2U);
    EXPECT_EQ(bodies[0], body + "|");
    EXPECT_EQ(bodies[1], body + "|");
}

TEST_F(ServerTest, Expect100Continue) {
    start();
    RawClient client = connect();
    client.send(ingest_line + host + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    const auto go_on = client.receive();
    ASSERT_TRUE(go_on);
    EXPECT_EQ(go_on->status, 100);
    client.send("hello");
    const auto got = client.receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 201);

    expect_refused(ingest_line + host +
                       "Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n",
                   413);
    house.overloaded = true;  // nobody knows whether the body will still come
    expect_refused(ingest_line + host + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", 503);
}

TEST_F(ServerTest, KeepAliveAndClose) {
    start();
    RawClient new_one = connect();
    new_one.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(new_one.receive()->field("connection"), "close");
    EXPECT_TRUE(new_one.closed());

    RawClient old_one = connect();
    old_one.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(old_one.receive()->field("connection"), "keep-alive");
    old_one.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(old_one.receive()->field("connection"), "close");
    EXPECT_TRUE(old_one.closed());
}

TEST_F(ServerTest, RequestsOfAConnectionAreBounded) {
    options.limits.requests_per_connection_max = 3;
    start();
    for (const bool pipelined : {false, true}) {
        RawClient client = connect();
        const std::size_t bodies = house.bodies().size();
        if (pipelined) {
            std::string bytes;
            for (int i = 0; i < 5; ++i) bytes += post_bytes("body");
            client.send(bytes);
        }
        for (int i = 0; i < 3; ++i) {
            if (!pipelined) client.send(i == 1 ? "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"
                                               : post_bytes("body"));
            const auto got = client.receive();
            ASSERT_TRUE(got);
            EXPECT_EQ(got->field("connection"), i == 2 ? "close" : "");
        }
        EXPECT_TRUE(client.closed());  // those behind are not served
        EXPECT_EQ(house.bodies().size() - bodies, pipelined ? 3U : 2U);
    }
    options.limits.requests_per_connection_max = 0;
    server->change(options, {});
    RawClient client = connect();
    for (int i = 0; i < 10; ++i) {
        client.send(post_bytes("body"));
        const auto got = client.receive();
        ASSERT_TRUE(got);
        EXPECT_EQ(got->field("connection"), "");
    }
}

TEST_F(ServerTest, AClientThatHasFinishedSendingGetsItsAnswer) {
    start();
    RawClient client = connect();
    client.send(post_bytes("one"));
    client.finish_sending();
    EXPECT_EQ(client.receive()->status, 201);
    EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, SlowHeadsGet408) {
    options.limits.header_timeout = std::chrono::milliseconds(40);
    start();
    expect_refused("GET / HTTP/1.1\r\nHo", 408);
    EXPECT_EQ(server->counters().timeouts, 1U);
}

TEST_F(ServerTest, SlowBodiesGet408) {
    options.limits.body_timeout = std::chrono::milliseconds(40);
    start();
    expect_refused(ingest_line + host + "Content-Length: 5\r\n\r\nabc", 408);
    expect_refused(ingest_line + host + "Transfer-Encoding: chunked\r\n\r\n5\r\nabc", 408);
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == 0; }));
}

TEST_F(ServerTest, BodiesBelowTheRateGet408) {
    options.limits.body_rate_window = std::chrono::milliseconds(20);
    options.limits.body_rate_min = 1'000'000;
    options.limits.body_timeout = RawClient::patience * 2;  // not what this is about
    start();
    expect_refused(ingest_line + host + "Content-Length: 500000\r\n\r\nabc", 408);
}

// What it has sent at once is no reason to wait for what it does not send.
TEST_F(ServerTest, BodiesThatStallGet408) {
    options.limits.body_rate_window = std::chrono::milliseconds(50);
    options.limits.body_rate_min = 1'000;
    options.limits.body_timeout = RawClient::patience * 2;
    start();
    const std::string bytes = post_bytes(std::string(1'000'000, 'x'));
    expect_refused(bytes.substr(0, bytes.size() - 1), 408);
    EXPECT_EQ(server->counters().timeouts, 1U);
}

TEST_F(ServerTest, IdleConnectionsAreClosedWithoutAWord) {
    options.limits.idle_timeout = std::chrono::milliseconds(40);
    start();
    RawClient fresh = connect();
    EXPECT_TRUE(fresh.closed());
    // Unless it was too late with its request already.
    ASSERT_TRUE(soon([this] {
        RawClient used = connect();
        used.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto got = used.receive();
        EXPECT_TRUE(!got || got->status == 200);
        EXPECT_TRUE(used.closed());
        return got.has_value();
    }));
}

TEST_F(ServerTest, ClientsThatDoNotReadAreCutOff) {
    options.limits.write_timeout = std::chrono::milliseconds(100);
    options.limits.linger_timeout = std::chrono::milliseconds(50);
    start();
    RawClient client = connect();
    std::string many;
    for (int i = 0; i < 200; ++i)
        many += "GET /api/v1/sensors/a/latest?limit=100 HTTP/1.1\r\nHost: a\r\n\r\n";
    while (server->counters().timeouts == 0) {
        if (!client.send_now(many)) std::this_thread::yield();
    }
    EXPECT_TRUE(soon([this] { return server->counters().connections_open == 0; }));
}

// Most clients send a body whole before they read: a close in the midst of it would reset the
// connection, and the client would be told that a pipe broke, not why.
TEST_F(ServerTest, AClientThatSendsFarTooMuchReadsWhy) {
    options.limits.body_max = 1024;
    options.limits.linger_timeout = RawClient::patience;
    options.limits.linger_timeout_max = RawClient::patience;
    start();
    RawClient client = connect();
    EXPECT_TRUE(client.send(post_bytes(std::string(12 * 1024 * 1024, 'x'))));
    const auto got = client.receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 413);
    EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, AClientThatGoesOnSendingIsCutOff) {
    options.limits.body_max = 1024;
    options.limits.linger_timeout = std::chrono::seconds(60);
    options.limits.linger_timeout_max = std::chrono::milliseconds(100);
    start();
    RawClient client = connect();
    client.send(post_bytes(std::string(2048, 'x')));
    ASSERT_TRUE(client.receive());
    while (client.send("x")) std::this_thread::yield();
    EXPECT_TRUE(soon([this] { return server->counters().connections_open == 0; }));
}

TEST_F(ServerTest, ConnectionsAreBounded) {
    options.limits.connections_per_address_max = 2;
    start();
    RawClient one = connect();
    RawClient two = connect();
    for (RawClient* client : {&one, &two}) {
        client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(client->receive()->status, 200);
    }
    RawClient three = connect();
    const auto refused = three.receive();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 503);
    EXPECT_NE(refused->field("retry-after"), "");
    expect_error_body(*refused);
    EXPECT_TRUE(three.closed());
    EXPECT_EQ(server->counters().connections_refused, 1U);
    one.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(one.receive()->status, 200);
}

TEST_F(ServerTest, BodiesInFlightAreBounded) {
    options.limits.in_flight_bytes_max = 100;
    start();
    RawClient first = connect();
    const std::string bytes = post_bytes(std::string(80, 'x'));
    first.send(bytes.substr(0, bytes.size() - 1));
    ASSERT_TRUE(soon([this] { return server->counters().bytes_in_flight == 80; }));
    const RawResponse refused = post(std::string(30, 'x'));
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.field("retry-after"), "");
    first.send("x");
    EXPECT_EQ(first.receive()->status, 201);
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == 0; }));
    EXPECT_EQ(post(std::string(30, 'x')).status, 201);
}

// Bytes are held when they come, not when they are announced: few clients that announce the largest
// body and send nothing more would keep all others out.
TEST_F(ServerTest, AnAnnouncedBodyHoldsNoMoreThanHasCome) {
    options.limits.body_max = 1024 * 1024;
    options.limits.in_flight_bytes_max = 1024 * 1024;
    start();
    const std::string bytes = post_bytes(std::string(1024 * 1024, 'x'));
    std::list<RawClient> slow;
    for (int i = 0; i < 20; ++i) {
        slow.emplace_back(server->port());
        slow.back().send(bytes.substr(0, bytes.size() - 1024 * 1024 + 1));
    }
    ASSERT_TRUE(soon([this] { return server->counters().bytes_in_flight >= 20U * 8 * 1024; }));
    EXPECT_EQ(post("y").status, 201);
    // Those that go on get what there is; the rest are told that there is none.
    slow.front().send(std::string(1024 * 1024 - 1, 'x'));
    EXPECT_EQ(slow.front().receive()->status, 503);
}

TEST_F(ServerTest, RequestsInFlightAreBounded) {
    options.limits.in_flight_requests_max = 2;
    start();
    house.hold();
    RawClient first = connect();
    RawClient second = connect();
    first.send(post_bytes("one"));
    second.send(post_bytes("two"));
    ASSERT_TRUE(soon([this] { return server->counters().requests_in_flight == 2; }));
    const RawResponse refused = post("three");
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.field("retry-after"), "");
    RawClient third = connect();
    third.send("GET /api/v1/sensors/P/latest HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(third.receive()->status, 503);
    third.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(third.receive()->status, 200) << "who watches is answered";
    EXPECT_EQ(house.bodies().size(), 2U);
    house.release(intake::Ack::stored);
    for (RawClient* client : {&first, &second}) EXPECT_EQ(client->receive()->status, 201);
    EXPECT_TRUE(soon([this] { return server->counters().requests_in_flight == 0; }));
    EXPECT_EQ(post("four").status, 201);
}

TEST_F(ServerTest, OutcomesInFlightAreBounded) {
    options.threads = 1;
    options.limits.in_flight_bytes_max = 100;
    options.limits.outcome_bytes_max = 60;
    house.outcome_bytes = 50;
    start();
    house.hold();
    RawClient first = connect();
    RawClient second = connect();
    first.send(post_bytes("one"));
    second.send(post_bytes("two"));
    // With one of the largest, a third stays within the two bounds, and a fourth does not.
    ASSERT_TRUE(soon([this] { return server->counters().bytes_in_flight == 100; }));
    RawClient third = connect();
    third.send(post_bytes("three"));
    ASSERT_TRUE(soon([this] { return server->counters().bytes_in_flight == 150; }));
    const RawResponse refused = post("four");
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.field("retry-after"), "");
    EXPECT_EQ(house.bodies().size(), 3U) << "nothing of it was accepted";
    house.release(intake::Ack::stored);
    for (RawClient* client : {&first, &second, &third}) EXPECT_EQ(client->receive()->status, 201);
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == 0; }));
    EXPECT_EQ(post("five").status, 201);
}

}  // namespace
}  // namespace ingest::http
