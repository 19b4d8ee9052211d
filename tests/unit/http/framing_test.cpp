#include "http/framing.h"

#include <gtest/gtest.h>

#include <vector>

namespace ingest::http {
namespace {

struct Read {
    unsigned status;
    Framing framing;
};

Read read(std::vector<FieldView> fields, bool http_1_1 = true, bool with_host = true) {
    if (with_host) fields.push_back({"Host", "a"});
    const Head head{"POST", "/", http_1_1, fields};
    Read result{};
    result.status = read_framing(head, pick_fields(fields), result.framing).status;
    return result;
}

TEST(Framing, WithoutBody) {
    const Read got = read({});
    EXPECT_EQ(got.status, 0U);
    EXPECT_EQ(got.framing.body, Framing::Body::none);
    EXPECT_EQ(read({{"Content-Length", "0"}}).framing.body, Framing::Body::none);
}

TEST(Framing, ContentLength) {
    const Read got = read({{"content-LENGTH", "42"}});
    EXPECT_EQ(got.status, 0U);
    EXPECT_EQ(got.framing.body, Framing::Body::sized);
    EXPECT_EQ(got.framing.length, 42U);
    EXPECT_EQ(read({{"Content-Length", "18446744073709551615"}}).status, 0U);
    for (const char* bad : {"", "-1", "+1", "5, 5", "5,5", "5 5", "0x5", "5.0", "five",
                            "18446744073709551616", "99999999999999999999999"})
        EXPECT_EQ(read({{"Content-Length", bad}}).status, 400U) << bad;
    EXPECT_EQ(read({{"Content-Length", "5"}, {"Content-Length", "5"}}).status, 400U);
    EXPECT_EQ(read({{"Content-Length", "5"}, {"CONTENT-length", "6"}}).status, 400U);
}

TEST(Framing, TransferEncoding) {
    EXPECT_EQ(read({{"Transfer-Encoding", "chunked"}}).framing.body, Framing::Body::chunked);
    EXPECT_EQ(read({{"transfer-encoding", "CHUNKED"}}).framing.body, Framing::Body::chunked);
    for (const char* bad : {"", "xchunked", "chunked, gzip", "gzip, chunked", "gzip", "identity",
                            "chunked, chunked", "chunked;q=1", "\"chunked\"", "chunked,"})
        EXPECT_EQ(read({{"Transfer-Encoding", bad}}).status, 400U) << bad;
    EXPECT_EQ(read({{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}).status,
              400U);
    EXPECT_EQ(read({{"Transfer-Encoding", "chunked"}}, false).status, 400U);
    EXPECT_EQ(read({{"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}).status, 400U);
    EXPECT_EQ(read({{"Content-Length", "0"}, {"Transfer-Encoding", "gzip"}}).status, 400U);
}

TEST(Framing, Host) {
    EXPECT_EQ(read({}, true, false).status, 400U);
    EXPECT_EQ(read({}, false, false).status, 0U);
    EXPECT_EQ(read({{"Host", "b"}}).status, 400U);
    EXPECT_EQ(read({{"host", "b"}}, false).status, 400U);
    for (const char* bad : {"", "a, b", "a/b", "a b", "u@a"})
        EXPECT_EQ(read({{"Host", bad}}, true, false).status, 400U) << bad;
}

TEST(Framing, KeepAlive) {
    EXPECT_TRUE(read({}).framing.keep_alive);
    EXPECT_FALSE(read({}, false).framing.keep_alive);
    EXPECT_FALSE(read({{"Connection", "close"}}).framing.keep_alive);
    EXPECT_FALSE(read({{"Connection", "upgrade, Close"}}).framing.keep_alive);
    EXPECT_FALSE(read({{"Connection", "x"}, {"Connection", "close"}}).framing.keep_alive);
    EXPECT_TRUE(read({{"Connection", "Keep-Alive"}}, false).framing.keep_alive);
    EXPECT_FALSE(read({{"Connection", "keep-alive, close"}}, false).framing.keep_alive);
}

TEST(Framing, Expect) {
    EXPECT_TRUE(
        read({{"Expect", "100-Continue"}, {"Content-Length", "1"}}).framing.expects_continue);
    EXPECT_FALSE(read({{"Expect", "100-continue"}}).framing.expects_continue);
    EXPECT_EQ(read({{"Expect", "200-ok"}}).status, 417U);
    EXPECT_EQ(read({{"Expect", "100-continue"}, {"Expect", "100-continue"}}).status, 417U);
    EXPECT_EQ(read({{"Expect", "200-ok"}}, false).status, 0U);
}

TEST(Media, Json) {
    for (const char* good : {"application/json", "Application/JSON", "application/json;",
                             "application/json; charset=utf-8", "application/json;charset=UTF-8",
                             "application/json ; Charset=\"utf-8\""})
        EXPECT_TRUE(is_media(good, "application/json")) << good;
    for (const char* bad : {"", "text/json", "application/jsonx", "application/json; boundary=x",
                            "application/json; charset=latin1", "application/json, text/plain",
                            "application/x-www-form-urlencoded"})
        EXPECT_FALSE(is_media(bad, "application/json")) << bad;
}

TEST(Media, CsvHasAHeaderLine) {
    for (const char* good : {"text/csv", "TEXT/CSV", "text/csv; charset=utf-8",
                             "text/csv;header=present", "text/csv; Header=\"PRESENT\"",
                             "text/csv; header=present; charset=UTF-8;"})
        EXPECT_EQ(read_csv_media(good), CsvMedia::named) << good;
    for (const char* headless : {"text/csv; header=absent", "text/csv; header=\"absent\"",
                                 "text/csv; charset=utf-8; header=Absent",
                                 "text/csv; header=absent; header=present"})
        EXPECT_EQ(read_csv_media(headless), CsvMedia::headless) << headless;
    for (const char* bad : {"", "text/plain", "text/csvx", "text/csv; charset=latin1",
                            "text/csv; header=maybe", "text/csv; header", "text/csv; delimiter=;",
                            "text/csv; header=absent; charset=latin1", "text/csv, text/csv"})
        EXPECT_EQ(read_csv_media(bad), CsvMedia::none) << bad;
}

}  // namespace
}  // namespace ingest::http
