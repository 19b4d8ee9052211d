#include "coding/decoding.h"
#include "server_fixture.h"

// Answers that are compressed for who asks for it.
namespace ingest::http {
namespace {

constexpr const char* document = "/api/v1/openapi.json";
constexpr const char* batch = "/api/v1/sensors/ingest/batch";

std::string decoded(const RawResponse& answer) {
    const std::string coding = answer.field("content-encoding");
    if (coding.empty()) return answer.body;
    const auto decoding = coding::Decoding::begin(
        coding == "zstd" ? coding::Coding::zstd : coding::Coding::gzip, answer.body);
    std::string room(16'000'000, '\0');
    const coding::Decoding::Step step = decoding->next(room);
    EXPECT_EQ(step.state, coding::Decoding::State::done) << coding;
    return room.substr(0, step.size);
}

class AnswerCodingTest : public ServerTest {
protected:
    RawResponse get_as(const std::string& target, const std::string& accepted,
                       const std::string& more = "") {
        return get(target, "Accept-Encoding: " + accepted + "\r\n" + more);
    }
};

TEST_F(AnswerCodingTest, DocumentsThatAreServedAsTheyAre) {
    start();
    const RawResponse plain = get("/docs/large.js");
    EXPECT_EQ(plain.body, house.large_asset);
    EXPECT_EQ(plain.field("content-encoding"), "");
    EXPECT_EQ(plain.field("vary"), "Accept-Encoding") << "another client gets another one";
    std::vector<std::string> tags = {plain.field("etag")};
    for (const std::string coding : {"gzip", "zstd"}) {
        const RawResponse got = get_as("/docs/large.js", coding);
        EXPECT_EQ(got.status, 200);
        EXPECT_EQ(got.field("content-encoding"), coding);
        EXPECT_EQ(got.field("vary"), "Accept-Encoding");
        EXPECT_EQ(got.field("content-type"), "text/javascript");
        EXPECT_LT(got.body.size(), 100'000U);
        EXPECT_TRUE(decoded(got) == house.large_asset);
        tags.push_back(got.field("etag"));
    }
    // Each form has a validator of its own, which is good for that form alone.
    EXPECT_NE(tags[0], tags[1]);
    EXPECT_NE(tags[1], tags[2]);
    const std::string if_gzip = "If-None-Match: " + tags[1] + "\r\n";
    const RawResponse unchanged = get_as("/docs/large.js", "gzip", if_gzip);
    EXPECT_EQ(unchanged.status, 304);
    EXPECT_EQ(unchanged.field("etag"), tags[1]);
    EXPECT_EQ(unchanged.field("vary"), "Accept-Encoding");
    EXPECT_EQ(unchanged.field("content-encoding"), "");
    EXPECT_EQ(get_as("/docs/large.js", "zstd", if_gzip).status, 200);
    EXPECT_EQ(get("/docs/large.js", if_gzip).status, 200);
}

TEST_F(AnswerCodingTest, HeadHasTheFieldsOfGet) {
    start();
    for (const std::string target : {"/docs/large.js", "/api/v1/sensors/A/latest?limit=100"}) {
        for (const std::string accepted : {"gzip", "zstd", "identity", "gzip, identity;q=0"}) {
            RawClient client = connect();
            const std::string rest =
                " " + target + " HTTP/1.1\r\nHost: a\r\nX-Request-ID: same\r\n"
                "Accept-Encoding: " + accepted + "\r\n\r\n";
            client.send("GET" + rest);
            RawResponse whole = *client.receive();
            client.send("HEAD" + rest);
            RawResponse head = *client.receive(true);
            EXPECT_EQ(head.body, "");
            head.fields.erase("date");
            whole.fields.erase("date");
            EXPECT_EQ(head.fields, whole.fields) << target << " " << accepted;
        }
    }
}

TEST_F(AnswerCodingTest, DocumentsThatAreMadeForTheRequest) {
    start();
    const std::string target = "/api/v1/sensors/A/latest?limit=100";
    const RawResponse plain = get(target);
    ASSERT_GT(plain.body.size(), 1024U);
    for (const std::string coding : {"gzip", "zstd"}) {
        const RawResponse got = get_as(target, coding);
        EXPECT_EQ(got.field("content-encoding"), coding);
        EXPECT_EQ(got.field("content-length"), std::to_string(got.body.size()));
        EXPECT_LT(got.body.size(), plain.body.size() / 4);
        EXPECT_EQ(decoded(got), plain.body);
    }
}

TEST_F(AnswerCodingTest, WhatIsSmallStaysAsItIs) {
    start();
    for (const std::string target : {"/health", document}) {
        const RawResponse got = get_as(target, "gzip, zstd");
        EXPECT_EQ(got.field("content-encoding"), "") << target;
        EXPECT_EQ(got.field("vary"), "Accept-Encoding") << "without identity it is another";
        EXPECT_NO_THROW(json::parse(got.body));
    }
    const RawResponse forced = get_as("/health", "gzip, identity;q=0");
    EXPECT_EQ(forced.field("content-encoding"), "gzip");
    EXPECT_EQ(json::parse(decoded(forced))["status"], "healthy");
    const RawResponse asset = get_as(document, "zstd, *;q=0");
    EXPECT_EQ(asset.field("content-encoding"), "zstd");
    EXPECT_EQ(decoded(asset), "{}");
}

TEST_F(AnswerCodingTest, WhatAPostDidIsToldInAnyCase) {
    start();
    for (const std::string accepted : {"gzip, zstd", "identity;q=0", "*;q=0", "gzip, *;q=0"}) {
        const std::string field = "Accept-Encoding: " + accepted + "\r\n";
        const RawResponse one = post("one", field);
        EXPECT_EQ(one.status, 201);
        EXPECT_EQ(one.field("content-encoding"), "");
        EXPECT_EQ(one.field("vary"), "") << "it is never another";
        EXPECT_EQ(post("refuse", field).field("content-encoding"), "");
    }
    house.readings = 500;
    const RawResponse plain = post("many", "", batch);
    EXPECT_EQ(plain.field("vary"), "Accept-Encoding");
    const RawResponse many = post("many", "Accept-Encoding: zstd\r\n", batch);
    EXPECT_EQ(many.status, 201);
    EXPECT_EQ(many.field("content-encoding"), "zstd");
    EXPECT_EQ(json::parse(decoded(many))["reading_ids"].size(), 500U);
    const RawResponse refused = post("many", "Accept-Encoding: *;q=0\r\n", batch);
    EXPECT_EQ(refused.status, 201) << "the readings are kept, and that is said";
    EXPECT_EQ(refused.field("content-encoding"), "");
}

TEST_F(AnswerCodingTest, NothingAcceptable) {
    start();
    for (const std::string target : {"/health", document, "/api/v1/sensors/LATER/latest"}) {
        for (const std::string accepted : {"identity;q=0", "*;q=0", "br, identity;q=0"}) {
            const RawResponse got = get_as(target, accepted);
            EXPECT_EQ(got.status, 406) << target << " " << accepted;
            EXPECT_EQ(got.field("vary"), "Accept-Encoding");
            EXPECT_EQ(got.field("content-encoding"), "");
            EXPECT_EQ(got.field("connection"), "");
            expect_error_body(got);
        }
    }
    EXPECT_EQ(get_as("/nothing", "*;q=0").status, 404);
}

TEST_F(AnswerCodingTest, ARequestDoesNotInheritFromTheOneBefore) {
    start();
    RawClient client = connect();
    client.send("GET /docs/large.js HTTP/1.1\r\nHost: a\r\nAccept-Encoding: zstd\r\n\r\n");
    EXPECT_EQ(client.receive()->field("content-encoding"), "zstd");
    client.send("GET /docs/large.js HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.receive()->field("content-encoding"), "");
    client.send(post_bytes("one"));
    EXPECT_EQ(client.receive()->field("vary"), "");
}

TEST_F(AnswerCodingTest, AChangeKeepsWhatIsTheSame) {
    start();
    const RawResponse before = get_as("/docs/large.js", "gzip");
    std::vector<Asset> assets = house.services().assets;
    const auto owner = std::make_shared<const std::string>(2000, 'x');
    const std::string other = *owner;
    assets[1] = {document, "application/json", *owner, owner};
    server->change(options, assets);
    const RawResponse after = get_as("/docs/large.js", "gzip");
    EXPECT_EQ(after.field("etag"), before.field("etag"));
    EXPECT_TRUE(after.body == before.body);
    EXPECT_EQ(decoded(get_as(document, "zstd")), other);
    // The same text again, whose former owner is gone before it is compressed to gzip.
    assets[1].owner = std::make_shared<const std::string>(other);
    assets[1].bytes = *assets[1].owner;
    server->change(options, assets);
    assets[1] = {document, "application/json", "{}"};
    EXPECT_EQ(decoded(get_as(document, "gzip")), other);
}

}  // namespace
}  // namespace ingest::http
