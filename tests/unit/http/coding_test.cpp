#include "server_fixture.h"
#include "support/coded.h"

namespace ingest::http {
namespace {

class CodingTest : public ServerTest {
protected:
    RawResponse send(const std::string& body, const std::string& coding,
                     const std::string& path = "/api/v1/sensors/ingest") {
        return post(body, "Content-Encoding: " + coding + "\r\n", path);
    }
};

TEST_F(CodingTest, BodiesArriveDecoded) {
    start();
    EXPECT_EQ(send(coded::gzip("one"), "gzip").status, 201);
    EXPECT_EQ(send(coded::gzip("two"), "X-GZip").status, 201);
    EXPECT_EQ(send(coded::zstd("three"), "zstd", "/api/v1/sensors/ingest/batch").status, 201);
    EXPECT_EQ(send("four", "identity").status, 201);
    EXPECT_EQ(send(coded::gzip("refuse"), "gzip", "/api/v1/sensors/explain").status, 200);
    EXPECT_EQ(house.bodies(), (std::vector<std::string>{"one|", "two|", "three|", "four|"}));
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == 0; }));
}

TEST_F(CodingTest, WhatIsNotServedSaysWhatIs) {
    start();
    for (const char* coding : {"br", "deflate", "gzip, gzip", "gzip, zstd", "", "*"}) {
        const RawResponse got = send("x", coding);
        EXPECT_EQ(got.status, 415) << coding;
        EXPECT_EQ(got.field("accept-encoding"), "gzip, zstd") << coding;
    }
    EXPECT_EQ(post("x", "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n").status, 415);
    const RawResponse other = post("x", "Content-Type: text/plain\r\n");
    EXPECT_EQ(other.status, 415);
    EXPECT_EQ(other.field("accept-encoding"), "") << "it is not about the coding";
}

TEST_F(CodingTest, BrokenBodiesAreTold) {
    start();
    const auto detail = [this](const std::string& body, const std::string& coding) {
        const RawResponse got = send(body, coding);
        EXPECT_EQ(got.status, 400) << got.body;
        return json::parse(got.body).value("detail", "");
    };
    const std::string whole = coded::gzip("one");
    EXPECT_EQ(detail(whole.substr(0, whole.size() - 1), "gzip"),
              "the compressed body ends too early");
    EXPECT_EQ(detail(whole + "x", "gzip"), "something else follows the compressed body");
    EXPECT_EQ(detail("", "gzip"), "the compressed body ends too early");
    EXPECT_EQ(detail("not compressed", "zstd"),
              "the body is not what its Content-Encoding says, or it is damaged");
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == 0; }));
    EXPECT_TRUE(house.bodies().empty());
}

TEST_F(CodingTest, TheBoundIsThatOfAPlainBody) {
    options.limits.body_max = 100'000;
    start();
    for (const auto encode : {+[](const std::string& text) { return coded::gzip(text); },
                              +[](const std::string& text) { return coded::zstd(text); }}) {
        const char* const coding = encode("").starts_with("\x1f") ? "gzip" : "zstd";
        const RawResponse most = send(encode(std::string(100'000, 'x')), coding);
        EXPECT_EQ(most.status, 201) << most.body;
        for (const std::size_t size : {100'001U, 50'000'000U}) {
            const RawResponse got = send(encode(std::string(size, 'x')), coding);
            EXPECT_EQ(got.status, 413);
            EXPECT_NE(got.body.find("at most 100000 bytes"), std::string::npos) << got.body;
        }
    }
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == 0; }));
    EXPECT_EQ(house.bodies().size(), 2U);
}

TEST_F(CodingTest, WhatComesOutCountsAsInFlight) {
    options.limits.body_max = 100'000;
    options.limits.in_flight_bytes_max = 60'000;
    start();
    const RawResponse got = send(coded::gzip(std::string(90'000, 'x')), "gzip");
    EXPECT_EQ(got.status, 503) << got.body;
    EXPECT_EQ(send(coded::gzip(std::string(20'000, 'x')), "gzip").status, 201);
    EXPECT_TRUE(soon([this] { return server->counters().bytes_in_flight == 0; }));
}

TEST_F(CodingTest, Chunked) {
    start();
    const std::string body = coded::zstd("one");
    const RawResponse got =
        ask("POST /api/v1/sensors/ingest HTTP/1.1\r\nHost: a\r\nContent-Encoding: zstd\r\n"
            "Transfer-Encoding: chunked\r\n\r\n5\r\n" + body.substr(0, 5) + "\r\n" +
            [](std::size_t n) {
                const char digits[] = "0123456789abcdef";
                return std::string{digits[n / 16], digits[n % 16]};
            }(body.size() - 5) + "\r\n" + body.substr(5) + "\r\n0\r\n\r\n");
    EXPECT_EQ(got.status, 201) << got.body;
    EXPECT_EQ(house.bodies().front(), "one|");
}

}  // namespace
}  // namespace ingest::http
