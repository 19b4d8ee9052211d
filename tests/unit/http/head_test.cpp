#include "http/head.h"

#include <gtest/gtest.h>

#include <memory_resource>
#include <string>
#include <vector>

#include "http/head_parser.h"

namespace ingest::http {
namespace {

using State = HeadScanner::State;

// The scanner's verdict on a whole head: 0 for complete, 1 for more, else the status.
unsigned verdict(std::string_view bytes) {
    HeadScanner scanner({});
    switch (scanner.scan(bytes)) {
        case State::more: return 1;
        case State::complete: return 0;
        case State::rejected: return scanner.rejection().status;
    }
    return 999;
}

std::string with_field(std::string_view line) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(line) + "\r\n\r\n";
}

TEST(HeadScanner, FindsTheEnd) {
    HeadScanner scanner({});
    const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
    ASSERT_EQ(scanner.scan(bytes), State::complete);
    EXPECT_EQ(scanner.begin(), 0U);
    EXPECT_EQ(bytes.substr(scanner.end()), "rest");
}

TEST(HeadScanner, PassesOverOneEmptyLineBefore) {
    HeadScanner scanner({});
    const std::string bytes = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    ASSERT_EQ(scanner.scan(bytes), State::complete);
    EXPECT_EQ(scanner.begin(), 2U);
    EXPECT_EQ(scanner.end(), bytes.size());
    EXPECT_EQ(verdict("\r\n\r\nGET / HTTP/1.1\r\n\r\n"), 400U);
}

TEST(HeadScanner, SaysTheSameHoweverTheBytesArrive) {
    const std::vector<std::string> heads = {
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n",
        "\r\nPOST /x HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    };
    for (const std::string& head : heads) {
        const unsigned whole = verdict(head);
        for (std::size_t cut = 0; cut <= head.size(); ++cut) {
            HeadScanner scanner({});
            scanner.scan(std::string_view(head).substr(0, cut));
            const State state = scanner.scan(head);
            EXPECT_EQ(state == State::complete ? 0U : scanner.rejection().status, whole)
                << head << " cut at " << cut;
        }
        HeadScanner scanner({});
        State state = State::more;
        for (std::size_t size = 0; size <= head.size() && state == State::more; ++size)
            state = scanner.scan(std::string_view(head).substr(0, size));
        EXPECT_EQ(state == State::complete ? 0U : scanner.rejection().status, whole) << head;
    }
}

TEST(HeadScanner, RequestLines) {
    const auto line = [](std::string_view text) {
        return verdict(std::string(text) + "\r\nHost: a\r\n\r\n");
    };
    for (const char* good :
         {"GET / HTTP/1.1", "GET / HTTP/1.0", "POST /a?b=c%20d HTTP/1.1", "OPTIONS * HTTP/1.1",
          "M-SEARCH /x HTTP/1.1", "GET http://host:80/a HTTP/1.1", "GET HTTP://host HTTP/1.1",
          "GET http://[::1]:8001/x?y HTTP/1.1"})
        EXPECT_EQ(line(good), 0U) << good;
    for (const char* bad :
         {"GET / HTTP/1.1 ", "GET  / HTTP/1.1", " GET / HTTP/1.1", "GET /", "GET", "GET / ",
          "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/1.1x", "GET / HTTP/11", "G@T / HTTP/1.1",
          "GET\t/ HTTP/1.1", "GET /a b HTTP/1.1", "GET /\x01 HTTP/1.1", "GET /\x7f HTTP/1.1",
          "GET /\xc3\xa4 HTTP/1.1", "GET /a#b HTTP/1.1", "GET x HTTP/1.1", "GET host:80 HTTP/1.1",
          "GET https://host/ HTTP/1.1", "GET http:/// HTTP/1.1", "GET http://u@host/ HTTP/1.1",
          "CONNECT host:80 HTTP/1.1", "GET  HTTP/1.1"})
        EXPECT_EQ(line(bad), 400U) << bad;
    EXPECT_EQ(line("GET / HTTP/2.0"), 505U);
    EXPECT_EQ(line("GET / HTTP/1.2"), 505U);
    EXPECT_EQ(line("GET / HTTP/0.9"), 505U);
}

TEST(HeadScanner, FieldLines) {
    for (const char* good : {"X:", "X: ", "X:y", "X: a\tb", "X: \xe4\xf6", "!#$%&'*+-.^_`|~09: x",
                             "X: a: b", "X: \"quoted\""})
        EXPECT_EQ(verdict(with_field(good)), 0U) << good;
    for (const char* bad : {" X: y", "\tX: y", "X : y", "X\t: y", ": y", "X", "X y", "X(: y",
                            "X: a\x01", "X: a\x7f", "X: a\rb", "X\x80: y", "X: \x0b"})
        EXPECT_EQ(verdict(with_field(bad)), 400U) << bad;
    EXPECT_EQ(verdict(with_field(std::string_view("X: a\0b", 6))), 400U);
}

TEST(HeadScanner, LineEndings) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\n"), 400U);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400U);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400U);
    EXPECT_EQ(verdict("GET / HTTP/1.1\rHost: a\r\n\r\n"), 400U);
    EXPECT_EQ(verdict("\nGET / HTTP/1.1\r\n\r\n"), 400U);
}

TEST(HeadScanner, AnotherProtocolIsKnownByItsFirstByte) {
    EXPECT_EQ(verdict("\x16\x03\x01"), 400U);
    EXPECT_EQ(verdict("{"), 400U);
    EXPECT_EQ(verdict("G"), 1U);
    EXPECT_EQ(verdict(""), 1U);
}

TEST(HeadScanner, Bounds) {
    const auto line_of = [](std::size_t size) {
        return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1";
    };
    EXPECT_EQ(verdict(line_of(4096) + "\r\nHost: a\r\n\r\n"), 0U);
    EXPECT_EQ(verdict(line_of(4097) + "\r\nHost: a\r\n\r\n"), 414U);
    EXPECT_EQ(verdict(std::string(4098, 'a')), 1U);
    EXPECT_EQ(verdict(std::string(4099, 'a')), 414U);

    const auto fields_of = [](std::size_t size) {  // with their line ends
        return "GET / HTTP/1.1\r\nX:" + std::string(size - 4, 'a') + "\r\n\r\n";
    };
    EXPECT_EQ(verdict(fields_of(8192)), 0U);
    EXPECT_EQ(verdict(fields_of(8193)), 431U);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nX:" + std::string(9000, 'a')), 431U);

    std::string many = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 64; ++i) many += "X: y\r\n";
    EXPECT_EQ(verdict(many + "\r\n"), 0U);
    EXPECT_EQ(verdict(many + "X: y\r\n\r\n"), 431U);
}

TEST(HeadScanner, IsUsedAgain) {
    HeadScanner scanner({});
    ASSERT_EQ(scanner.scan("BAD\r\n"), State::rejected);
    scanner.reset();
    EXPECT_EQ(scanner.scan("GET / HTTP/1.1\r\n\r\n"), State::complete);
}

TEST(Target, Parts) {
    EXPECT_EQ(split_target("/a/b?c=d?e").path, "/a/b");
    EXPECT_EQ(split_target("/a/b?c=d?e").query, "c=d?e");
    EXPECT_EQ(split_target("*").path, "*");
    EXPECT_EQ(split_target("http://h:1/a?b").authority, "h:1");
    EXPECT_EQ(split_target("http://h:1/a?b").path, "/a");
    EXPECT_EQ(split_target("http://h:1/a?b").query, "b");
    EXPECT_EQ(split_target("http://h").path, "/");
    EXPECT_EQ(split_target("http://h?q").path, "/");
    EXPECT_EQ(split_target("http://h?q").query, "q");
}

TEST(Authority, Syntax) {
    for (const char* good : {"a", "a.example:8001", "127.0.0.1", "127.0.0.1:80", "[::1]",
                             "[::1]:65535", "a:", "my_host", "%61"})
        EXPECT_TRUE(is_authority(good)) << good;
    for (const char* bad : {"", ":80", "a:65536", "a:x", "a:1:2", "a,b", "u@a", "a/b", "a b",
                            "[::1", "[]", "[::g]", "[::1]x", "a:123456", "\xc3\xa4", "a?b"})
        EXPECT_FALSE(is_authority(bad)) << bad;
}

TEST(HeadParser, TakesAHeadApart) {
    HeadParser parser;
    for (int round = 0; round < 3; ++round) {
        const Head* head = parser.parse(
            "POST /a?b HTTP/1.1\r\nHost:  a \r\nX-Y:\r\nx-y: 2\r\nContent-Length: 5\r\n\r\n");
        ASSERT_NE(head, nullptr);
        EXPECT_EQ(head->method, "POST");
        EXPECT_EQ(head->target, "/a?b");
        EXPECT_TRUE(head->http_1_1);
        std::string all;
        for (const FieldView& field : head->fields)
            all += std::string(field.name) + "=" + std::string(field.value) + ";";
        EXPECT_EQ(all, "Host=a;X-Y=;x-y=2;Content-Length=5;");
        const Head* old = parser.parse("GET / HTTP/1.0\r\n\r\n");
        ASSERT_NE(old, nullptr);
        EXPECT_FALSE(old->http_1_1);
        EXPECT_TRUE(old->fields.empty());
    }
    EXPECT_EQ(parser.parse("nonsense\r\n\r\n"), nullptr);
    EXPECT_EQ(parser.parse("GET / HTTP/1.1\r\n"), nullptr);
}

// Beyond that it would ask the default resource, which gives nothing here.
TEST(HeadParser, HoldsNoMoreThanItsBound) {
    std::pmr::memory_resource* usual =
        std::pmr::set_default_resource(std::pmr::null_memory_resource());
    HeadParser parser;
    for (const std::size_t fields : {0U, 1U, 10U, 64U, 1000U}) {
        for (const std::size_t name : {1U, 7U, 200U}) {
            for (const std::size_t value : {0U, 1U, 100U}) {
                std::string text =
                    "POST /" + std::string(value * 30, 'p') + " HTTP/1.1\r\nHost: a\r\n";
                for (std::size_t i = 0; i < fields; ++i) {
                    text += std::string(name, 'n') + ":" + std::string(value, 'v') + "\r\n";
                }
                const Head* head = parser.parse(text + "\r\n");
                ASSERT_NE(head, nullptr);
                EXPECT_EQ(head->fields.size(), fields + 1);
                parser.release();
            }
        }
    }
    std::pmr::set_default_resource(usual);
}

}  // namespace
}  // namespace ingest::http
