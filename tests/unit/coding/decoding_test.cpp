#include "coding/decoding.h"

#include <gtest/gtest.h>

#include "support/coded.h"

namespace ingest::coding {
namespace {

using State = Decoding::State;

struct Decoded {
    State state = State::more;
    std::string text;
};

Decoded decode(Coding coding, std::string_view encoded, std::size_t piece = 1000) {
    Decoded decoded;
    const auto decoding = Decoding::begin(coding, encoded);
    std::string room(piece, '\0');
    while (decoded.state == State::more) {
        const Decoding::Step step = decoding->next(room);
        decoded.state = step.state;
        decoded.text.append(room, 0, step.size);
    }
    return decoded;
}

std::string readings() {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += "{\"temperature\":" + std::to_string(i * 7919) + "}";
    return text;
}

class DecodingTest : public testing::TestWithParam<Coding> {
protected:
    static std::string encode(std::string_view text) {
        return GetParam() == Coding::gzip ? coded::gzip(text) : coded::zstd(text);
    }
};

TEST_P(DecodingTest, GivesBackWhatWasEncoded) {
    for (const std::string& text : {std::string(), std::string("x"), readings()}) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
            const Decoded decoded = decode(GetParam(), encode(text), piece);
            EXPECT_EQ(decoded.state, State::done);
            EXPECT_EQ(decoded.text, text);
        }
    }
}

TEST_P(DecodingTest, TextThatFillsTheMemoryExactlyIsKnownToEnd) {
    const std::string encoded = encode("12345");
    const auto decoding = Decoding::begin(GetParam(), encoded);
    std::string room(5, '\0');
    Decoding::Step step = decoding->next(room);
    EXPECT_EQ(step.size, 5U);
    if (step.state == State::more) step = decoding->next(room);
    EXPECT_EQ(step.state, State::done);
    EXPECT_EQ(room, "12345");
}

TEST_P(DecodingTest, OneTextInSeveralPieces) {
    const std::string encoded = encode("one,") + encode("") + encode(readings()) + encode(",end");
    const Decoded decoded = decode(GetParam(), encoded);
    EXPECT_EQ(decoded.state, State::done);
    EXPECT_EQ(decoded.text, "one," + readings() + ",end");
}

TEST_P(DecodingTest, EveryTruncation) {
    const std::string encoded = encode("a text of some length, length, length");
    for (std::size_t size = 0; size < encoded.size(); ++size) {
        EXPECT_EQ(decode(GetParam(), encoded.substr(0, size)).state, State::truncated) << size;
        const std::string second = encoded + encoded.substr(0, size);
        EXPECT_EQ(decode(GetParam(), second).state, size == 0 ? State::done : State::truncated)
            << size;
    }
}

TEST_P(DecodingTest, SomethingElseBehindTheEnd) {
    EXPECT_EQ(decode(GetParam(), encode("text") + "garbage behind").state, State::trailing);
    EXPECT_EQ(decode(GetParam(), encode("text") + std::string(512, '\0')).state, State::trailing);
}

TEST_P(DecodingTest, NoDamageGoesUnnoticed) {
    const std::string text = readings();
    const std::string encoded = encode(text);
    std::size_t noticed = 0;
    for (std::size_t at = 0; at < encoded.size(); at += 97) {
        std::string damaged = encoded;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        const Decoded decoded = decode(GetParam(), damaged, 100'000);
        if (decoded.state != State::done) ++noticed;
        else EXPECT_EQ(decoded.text, text) << "a bit that means nothing, at " << at;
    }
    EXPECT_GT(noticed, encoded.size() / 97 - 3);
    EXPECT_EQ(decode(GetParam(), "this is no compressed body").state, State::corrupt);
}

TEST_P(DecodingTest, ABombComesOutPieceByPiece) {
    const std::string bomb = encode(std::string(50'000'000, ' '));
    EXPECT_LT(bomb.size(), 60'000U);
    const auto decoding = Decoding::begin(GetParam(), bomb);
    std::string room(100'000, '\0');
    const Decoding::Step step = decoding->next(room);
    EXPECT_EQ(step.state, State::more);
    EXPECT_EQ(step.size, room.size());
}

INSTANTIATE_TEST_SUITE_P(Codings, DecodingTest, testing::Values(Coding::gzip, Coding::zstd),
                         [](const auto& tested) {
                             return tested.param == Coding::gzip ? "gzip" : "zstd";
                         });

TEST(Zstd, WindowIsBounded) {
    const std::string text(100'000, ' ');
    EXPECT_EQ(decode(Coding::zstd, coded::zstd(text, zstd_window_log_max)).state, State::done);
    EXPECT_EQ(decode(Coding::zstd, coded::zstd(text, zstd_window_log_max + 1)).state,
              State::window);
    EXPECT_LE(ZSTD_estimateDStreamSize(std::size_t{1} << zstd_window_log_max), memory_max);
}

TEST(Zstd, SkippableFramesAreNoText) {
    const std::string skippable("\x50\x2A\x4D\x18\x03\x00\x00\x00xyz", 11);
    const Decoded decoded =
        decode(Coding::zstd, skippable + coded::zstd("a") + skippable + coded::zstd("b"));
    EXPECT_EQ(decoded.state, State::done);
    EXPECT_EQ(decoded.text, "ab");
}

TEST(Descriptions, SayWhatIsWrong) {
    EXPECT_NE(description_of(State::truncated).find("too early"), std::string_view::npos);
    EXPECT_NE(description_of(State::trailing).find("follows"), std::string_view::npos);
    EXPECT_NE(description_of(State::window).find("8 MiB"), std::string_view::npos);
    EXPECT_NE(description_of(State::corrupt).find("damaged"), std::string_view::npos);
}

}  // namespace
}  // namespace ingest::coding
