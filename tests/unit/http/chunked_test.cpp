#include "http/chunked.h"

#include <gtest/gtest.h>

#include <string>

namespace ingest::http {
namespace {

using State = ChunkedDecoder::State;

struct Decoded {
    State state = State::more;
    std::string body;
    std::string rest;
};

// Feeds `input` in pieces of `piece` bytes.
Decoded decode(std::string_view input, std::size_t piece = std::string_view::npos) {
    ChunkedDecoder decoder;
    Decoded result;
    while (!input.empty()) {
        std::string_view part = input.substr(0, piece);
        std::size_t used = 0;
        while (used < part.size()) {
            const ChunkedDecoder::Step step = decoder.next(part.substr(used));
            used += step.consumed;
            result.state = step.state;
            result.body += step.data;
            if (step.state == State::done || step.state == State::bad) {
                result.rest = input.substr(used);
                return result;
            }
        }
        input.remove_prefix(part.size());
        if (result.state == State::data) result.state = State::more;
    }
    return result;
}

TEST(Chunked, DecodesInPiecesOfAnySize) {
    const std::string wire =
        "5\r\nhello\r\n1;a=b\r\n,\r\n00A; x=\"y\"\r\n0123456789\r\n0\r\n\r\nGET";
    for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
        const Decoded got = decode(wire, piece);
        EXPECT_EQ(got.state, State::done) << piece;
        EXPECT_EQ(got.body, "hello,0123456789") << piece;
        EXPECT_EQ(got.rest, "GET") << piece;
    }
}

TEST(Chunked, AnEmptyBody) {
    EXPECT_EQ(decode("0\r\n\r\n").state, State::done);
    EXPECT_EQ(decode("000;x\r\n\r\n").state, State::done);
}

TEST(Chunked, NeedsEveryByte) {
    const std::string wire = "3\r\nabc\r\n0\r\n\r\n";
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_EQ(decode(wire.substr(0, size)).state, State::more) << size;
}

TEST(Chunked, Refusals) {
    for (const char* bad :
         {"\r\n", ";x\r\n", "g\r\n", "-1\r\n", "+1\r\n", " 1\r\n", "1 \r\n", "0x1\r\n", "1\n",
          "1\r\rx", "1\r\nab\r\n", "1\r\na\n", "1\r\na\r\r", "0\n", "0\r\n\n", "0\r\n\r\r",
          "0\r\nX: y\r\n\r\n", "0\r\nHost: a\r\n\r\n", "10000000000000000\r\n",
          "fffffffffffffffff\r\n", "1;a\nb\r\n", "1;\x01\r\n", "1;\x7f\r\n", "1;\x80\r\n"})
        EXPECT_EQ(decode(bad).state, State::bad) << bad;
    EXPECT_EQ(decode(std::string(65, '0') + "\r\n").state, State::bad);
}

TEST(Chunked, ExtensionsAreBoundedPerChunk) {
    const std::string longest(ChunkedDecoder::extension_max, 'x');
    EXPECT_EQ(decode("1;" + longest + "\r\na\r\n0;" + longest + "\r\n\r\n").state, State::done);
    EXPECT_EQ(decode("1;" + longest + "x\r\na\r\n").state, State::bad);
}

TEST(Chunked, TheLargestSize) {
    ChunkedDecoder decoder;
    const std::string wire = "ffffffffffffffff\r\nabc";
    const auto step = decoder.next(wire);
    EXPECT_EQ(step.state, State::data);
    EXPECT_EQ(step.data, "abc");
}

}  // namespace
}  // namespace ingest::http
