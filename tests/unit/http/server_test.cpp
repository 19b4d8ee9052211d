#include "server_fixture.h"

// The rows of the HTTP contract over real sockets.
namespace ingest::http {
namespace {

TEST_F(ServerTest, Root) {
    start();
    const RawResponse got = get("/");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(json::parse(got.body)["version"], "1.2.3");
    EXPECT_EQ(got.field("content-type"), "application/json");
    EXPECT_EQ(got.field("x-content-type-options"), "nosniff");
    EXPECT_NE(got.field("date"), "");
    EXPECT_NE(got.field("x-request-id"), "");
}

TEST_F(ServerTest, HealthAndReadiness) {
    start();
    const json health = json::parse(get("/health").body);
    EXPECT_EQ(health["status"], "healthy");
    EXPECT_EQ(health["redis"], "disconnected");
    EXPECT_EQ(get("/health/ready").status, 200);
    house.ready = false;
    const RawResponse got = get("/health/ready");
    EXPECT_EQ(got.status, 503);
    EXPECT_EQ(json::parse(got.body)["checks"]["spool"], "not_ready");
}

TEST_F(ServerTest, IngestsOneReading) {
    start();
    const RawResponse got = post("one", "Idempotency-Key: key-1\r\n");
    EXPECT_EQ(got.status, 201);
    EXPECT_EQ(json::parse(got.body)["status"], "received");
    EXPECT_EQ(house.bodies(), std::vector<std::string>{"one|key-1"});
}

TEST_F(ServerTest, IngestsABatch) {
    start();
    const RawResponse got = post("many", "", "/api/v1/sensors/ingest/batch");
    EXPECT_EQ(got.status, 201);
    EXPECT_EQ(json::parse(got.body)["reading_ids"].size(), 2U);
}

TEST_F(ServerTest, WhatTheFrontSaysDecidesTheStatus) {
    start();
    EXPECT_EQ(post("refuse").status, 422);
    EXPECT_EQ(post("refuse", "", "/api/v1/sensors/ingest/batch").status, 422);
    expect_error_body(post("refuse"));
    const RawResponse failed = post("fail");
    EXPECT_EQ(failed.status, 503);
    EXPECT_NE(failed.field("retry-after"), "");
    expect_refused(post_bytes("bad"), 400);
    EXPECT_EQ(json::parse(post("warn").body)["warnings"].size(), 1U);

    house.hold();
    house.release(intake::Ack::spooled);
    EXPECT_EQ(post("one").status, 202);
    house.release(intake::Ack::failed);
    const RawResponse lost = post("one");
    EXPECT_EQ(lost.status, 503);
    EXPECT_NE(lost.field("retry-after"), "");

    const observe::HttpCounts counters = server->counters();
    EXPECT_EQ(counters.readings_accepted(), 2U);
    EXPECT_EQ(counters.readings_refused, 4U);
    EXPECT_EQ(counters.readings_warned, 1U);
    EXPECT_EQ(counters.responses[2], 2U);
    EXPECT_EQ(counters.responses[4], 4U);
    EXPECT_EQ(counters.responses[5], 2U);
}

TEST_F(ServerTest, Latest) {
    start();
    const RawResponse got = get("/api/v1/sensors/pump-a-001/latest?limit=3");
    EXPECT_EQ(got.status, 200);
    const json body = json::parse(got.body);
    EXPECT_EQ(body["equipment_id"], "PUMP-A-001");
    EXPECT_EQ(body["count"], 3);
    EXPECT_EQ(body["readings"][2]["temperature"], 2.1);
    EXPECT_EQ(json::parse(get("/api/v1/sensors/here/latest").body)["count"], 10);
    const RawResponse unknown = get("/api/v1/sensors/unknown/latest");
    EXPECT_EQ(unknown.status, 200);
    EXPECT_EQ(json::parse(unknown.body)["count"], 0);
    const RawResponse down = get("/api/v1/sensors/none/latest");
    EXPECT_EQ(down.status, 503);
    EXPECT_NE(down.field("retry-after"), "");
    expect_error_body(down);
    for (const char* limit : {"0", "101", "-1", "x", ""})
        expect_refused("GET /api/v1/sensors/A/latest?limit=" + std::string(limit) +
                           " HTTP/1.1\r\nHost: a\r\n\r\n",
                       400);
}

TEST_F(ServerTest, Assets) {
    start();
    const RawResponse page = get("/docs");
    EXPECT_EQ(page.body, "<html>");
    EXPECT_EQ(page.field("content-type"), "text/html; charset=utf-8");
    EXPECT_NE(page.field("content-security-policy"), "");
    EXPECT_EQ(page.field("cache-control"), "no-cache");
    const RawResponse again = get("/docs", "If-None-Match: " + page.field("etag") + "\r\n");
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(get("/docs", "If-None-Match: \"x\"\r\n").status, 200);
    EXPECT_EQ(get("/api/v1/openapi.json").field("content-security-policy"), "");
}

TEST_F(ServerTest, LargeAssetsAreSentWhole) {
    start();
    RawClient client = connect();
    const std::string bytes = "GET /docs/large.js HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(bytes + "HEAD" + bytes.substr(3) + bytes);
    for (const bool to_head : {false, true, false}) {
        const auto got = client.receive(to_head);
        ASSERT_TRUE(got);
        EXPECT_EQ(got->status, 200);
        EXPECT_EQ(got->field("content-length"), std::to_string(house.large_asset.size()));
        EXPECT_TRUE(got->body == (to_head ? "" : house.large_asset));
    }
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == 0; }));
}

TEST_F(ServerTest, NotFoundAndNotAllowed) {
    start();
    const RawResponse lost = get("/nowhere");
    EXPECT_EQ(lost.status, 404);
    expect_error_body(lost);
    const RawResponse wrong = ask("DELETE /health HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.field("allow"), "GET, HEAD, OPTIONS");
    expect_error_body(wrong);
    EXPECT_EQ(get("/api/v1/sensors/ingest").field("allow"), "POST, OPTIONS");
}

TEST_F(ServerTest, HeadHasTheHeadOfGet) {
    start();
    RawClient client = connect();
    for (const char* path :
         {"/", "/docs", "/health/ready", "/api/v1/sensors/a/latest", "/nowhere"}) {
        client.send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto head = client.receive(true);
        ASSERT_TRUE(head);
        const RawResponse whole = get(path);
        EXPECT_EQ(head->status, whole.status) << path;
        EXPECT_EQ(head->field("content-length"), whole.field("content-length")) << path;
    }
}

TEST_F(ServerTest, OptionsAndPreflight) {
    options.cors.origins = {"https://a.example"};
    start();
    const RawResponse plain = ask("OPTIONS /health HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(plain.status, 204);
    EXPECT_EQ(plain.field("allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(plain.body, "");
    EXPECT_EQ(plain.head.find("Access-Control"), std::string::npos);
    EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 204);

    const RawResponse preflight =
        ask("OPTIONS /api/v1/sensors/ingest HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\n"
            "Access-Control-Request-Method: POST\r\n\r\n");
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(preflight.field("access-control-allow-origin"), "https://a.example");
    EXPECT_EQ(preflight.field("access-control-allow-methods"), "POST, OPTIONS");
    EXPECT_EQ(preflight.field("vary"), "Origin");
    EXPECT_EQ(get("/", "Origin: https://a.example\r\n").field("access-control-allow-origin"),
              "https://a.example");
    EXPECT_EQ(get("/", "Origin: https://b.example\r\n").field("access-control-allow-origin"), "");
}

TEST_F(ServerTest, RequestIds) {
    start();
    EXPECT_EQ(get("/", "X-Request-ID: abc-1\r\n").field("x-request-id"), "abc-1");
    EXPECT_EQ(get("/nowhere", "X-Request-ID: abc-1\r\n").field("x-request-id"), "abc-1");
    for (const char* bad : {"", "a b", "a\"b", "a,b"}) {
        const std::string id =
            get("/", "X-Request-ID: " + std::string(bad) + "\r\n").field("x-request-id");
        EXPECT_EQ(id.size(), 36U) << bad;
    }
    EXPECT_EQ(get("/", "X-Request-ID: a\r\nX-Request-ID: b\r\n").field("x-request-id").size(), 36U);
    EXPECT_EQ(ask("nonsense\r\n").field("x-request-id").size(), 36U);
    EXPECT_NE(get("/").field("x-request-id"), get("/").field("x-request-id"));
}

TEST_F(ServerTest, MediaTypes) {
    start();
    const auto status = [this](const std::string& fields) {
        return ask("POST /api/v1/sensors/ingest HTTP/1.1\r\nHost: a\r\n" + fields +
                   "Content-Length: 1\r\n\r\nx")
            .status;
    };
    EXPECT_EQ(status(""), 201);
    EXPECT_EQ(status("Content-Type: application/json; charset=utf-8\r\n"), 201);
    EXPECT_EQ(status("Content-Type: text/plain\r\n"), 415);
    EXPECT_EQ(status("Content-Type: application/json\r\nContent-Type: text/plain\r\n"), 415);
    EXPECT_EQ(status("Content-Encoding: identity\r\n"), 201);
    EXPECT_EQ(status("Content-Encoding: br\r\n"), 415);
    EXPECT_EQ(status("Idempotency-Key: a b\r\n"), 400);
    EXPECT_EQ(status("Idempotency-Key: \r\n"), 400);
    EXPECT_EQ(status("Idempotency-Key: a\r\nIdempotency-Key: a\r\n"), 400);
    EXPECT_EQ(status("Idempotency-Key: " + std::string(256, 'k') + "\r\n"), 400);
}

TEST_F(ServerTest, LinesAreForTheBatchEndpoint) {
    start();
    const auto send = [this](const std::string& path, const std::string& fields) {
        return ask("POST /api/v1/sensors/" + path + " HTTP/1.1\r\nHost: a\r\n" + fields +
                   "Content-Length: 6\r\n\r\nrefuse");
    };
    const std::string lines = "Content-Type: application/x-ndjson; charset=utf-8\r\n";
    const RawResponse got = send("ingest/batch", lines);
    EXPECT_EQ(got.status, 422);
    EXPECT_EQ(json::parse(got.body)["errors"][0]["line"], 1);
    EXPECT_EQ(send("ingest/batch", lines + lines).status, 415);
    EXPECT_EQ(send("ingest", lines).status, 415);
    EXPECT_EQ(send("explain", lines).status, 415);
    const RawResponse other = send("ingest/batch", "Content-Type: text/plain\r\n");
    EXPECT_NE(other.body.find("application/x-ndjson or text/csv"), std::string::npos) << other.body;
    const std::string csv = "Content-Type: text/csv; header=present\r\n";
    EXPECT_EQ(json::parse(send("ingest/batch", csv).body)["errors"][0]["line"], 1);
    EXPECT_EQ(send("ingest", csv).status, 415);
    EXPECT_EQ(send("explain", csv).status, 415);
    const RawResponse headless =
        send("ingest/batch", "Content-Type: text/csv; charset=utf-8; header=absent\r\n");
    EXPECT_EQ(headless.status, 415);
    EXPECT_NE(headless.body.find("header=absent is not served"), std::string::npos);
    EXPECT_EQ(send("ingest/batch", "Content-Type: text/csv; charset=latin1\r\n").status, 415);
    const RawResponse batch = send("ingest/batch", "");
    EXPECT_FALSE(json::parse(batch.body)["errors"][0].contains("line"));
}

TEST_F(ServerTest, OverloadIsToldBeforeTheBody) {
    start();
    house.overloaded = true;
    RawClient client = connect();
    const std::string bytes = post_bytes("one");
    client.send(bytes.substr(0, bytes.size() - 3));  // no body yet
    const auto got = client.receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 503);
    EXPECT_EQ(got->field("retry-after"), "9");
    EXPECT_EQ(json::parse(got->body)["detail"], "the spool is full");
    // The connection goes on, behind the body that nobody read.
    house.overloaded = false;
    client.send("one" + bytes);
    const auto next = client.receive();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->status, 201);
    EXPECT_EQ(house.bodies().size(), 1U);
    EXPECT_EQ(server->counters().overloaded, 1U);
}

TEST_F(ServerTest, RateLimit) {
    options.rate_limit = {.enabled = true, .per_minute = 3};
    start();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(post("one").status, 201);
    const RawResponse got = post("one");
    EXPECT_EQ(got.status, 429);
    const int retry_after = std::stoi(got.field("retry-after"));
    EXPECT_GE(retry_after, 10);
    EXPECT_LE(retry_after, 20) << "a third of a minute since the last was let through";
    expect_error_body(got);
    EXPECT_EQ(get("/api/v1/sensors/a/latest").status, 429);
    EXPECT_EQ(get("/health").status, 200);
    EXPECT_EQ(server->counters().rate_limited, 2U);
}

TEST_F(ServerTest, LedgerForThisMachine) {
    start();
    const json body = json::parse(get("/internal/ledger").body);
    EXPECT_EQ(body["spool"]["state"], "accepting");
    EXPECT_EQ(body["sinks"][0]["waiting"], 3);
    EXPECT_EQ(ask("POST /internal/ledger HTTP/1.1\r\nHost: a\r\n\r\n").status, 405);
}

TEST_F(ServerTest, Plugins) {
    start();
    const RawResponse got = get("/api/v1/plugins");
    EXPECT_EQ(got.status, 200);
    const json body = json::parse(got.body);
    EXPECT_EQ(body["validators"][0]["file"], "/opt/plugins/range.so") << "for this machine";
    const RawResponse head = ask("HEAD /api/v1/plugins HTTP/1.1\r\nHost: a\r\n\r\n", true);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.field("content-length"), std::to_string(got.body.size()));
    const RawResponse wrong = ask("POST /api/v1/plugins HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.field("allow"), "GET, HEAD, OPTIONS");
}

TEST_F(ServerTest, ExplainIsAdmittedAsIngestAndCountsForNothing) {
    options.limits.body_max = 100;
    options.rate_limit = {.enabled = true, .per_minute = 4};
    start();
    const auto explain = [&](const std::string& body, const std::string& fields = "") {
        return post(body, fields, "/api/v1/sensors/explain");
    };
    const RawResponse got = explain("hot");
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(json::parse(got.body)["status_code"], 422);
    const RawResponse malformed = explain("bad");
    EXPECT_EQ(malformed.status, 400);
    expect_error_body(malformed);
    EXPECT_EQ(explain(std::string(101, 'x')).status, 413);
    EXPECT_EQ(explain("x", "Content-Encoding: br\r\n").status, 415);
    house.overloaded = true;
    EXPECT_EQ(explain("hot").status, 503);
    house.overloaded = false;
    EXPECT_EQ(post("one").status, 201) << "the last that the limit lets through";
    EXPECT_EQ(explain("hot").status, 429);
    const RawResponse wrong = get("/api/v1/sensors/explain");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.field("allow"), "POST, OPTIONS");
    EXPECT_EQ(house.bodies().size(), 1U) << "only the real one was accepted";
    EXPECT_EQ(server->counters().ingest_requests, 1U);
    EXPECT_EQ(server->counters().readings_refused, 0U);
    EXPECT_EQ(server->counters().bytes_in_flight, 0U);
}

TEST_F(ServerTest, StartErrorsSayWhatToDo) {
    start();
    const auto taken = ListeningSocket::bind("127.0.0.1", server->port());
    ASSERT_FALSE(taken);
    EXPECT_NE(taken.error().message.find("the port is in use"), std::string::npos);
    const auto named = ListeningSocket::bind("not-an-address", 0);
    ASSERT_FALSE(named);
    EXPECT_NE(named.error().message.find("not-an-address"), std::string::npos);
    EXPECT_FALSE(ListeningSocket::bind("203.0.113.7", 0));
}

}  // namespace
}  // namespace ingest::http
