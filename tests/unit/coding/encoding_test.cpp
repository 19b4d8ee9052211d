#include "coding/encoding.h"

#include <gtest/gtest.h>

#include <random>

#include "coding/decoding.h"

namespace ingest::coding {
namespace {

std::string decoded(Coding coding, std::string_view encoded) {
    std::string text;
    std::string room(100'000, '\0');
    const auto decoding = Decoding::begin(coding, encoded);
    Decoding::Step step{Decoding::State::more};
    while (step.state == Decoding::State::more) {
        step = decoding->next(room);
        text.append(room, 0, step.size);
    }
    EXPECT_EQ(step.state, Decoding::State::done);
    return text;
}

std::string noise(std::size_t size) {
    std::mt19937 random(7);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

class EncodingTest : public testing::TestWithParam<Coding> {};

TEST_P(EncodingTest, IsUndone) {
    std::string encoded = "what was there";
    for (const Effort effort : {Effort::quick, Effort::thorough}) {
        Encoder encoder(effort);
        // One after the other: nothing of a text is left for the next.
        for (const std::string& text : {std::string(100'000, 'a'), std::string(), std::string("x"),
                                        noise(300'000), std::string("the end")}) {
            encoder.encode(GetParam(), text, encoded);
            EXPECT_EQ(decoded(GetParam(), encoded), text);
        }
    }
}

TEST_P(EncodingTest, TextsShrinkAndNoiseGrowsByLittle) {
    Encoder encoder(Effort::quick);
    std::string encoded;
    encoder.encode(GetParam(), std::string(1'000'000, 'a'), encoded);
    EXPECT_LT(encoded.size(), 10'000U);
    encoder.encode(GetParam(), noise(1'000'000), encoded);
    EXPECT_LT(encoded.size(), 1'010'000U);
}

TEST(Encoder, MemoryIsBounded) {
    Encoder encoder(Effort::quick);
    EXPECT_EQ(encoder.memory(), 0U) << "what nobody asks for costs nothing";
    std::string encoded;
    encoder.encode(Coding::gzip, noise(5'000'000), encoded);
    encoder.encode(Coding::zstd, noise(5'000'000), encoded);
    EXPECT_GT(encoder.memory(), 0U);
    EXPECT_LE(encoder.memory(), encoder_memory_max);
}

INSTANTIATE_TEST_SUITE_P(Codings, EncodingTest, testing::Values(Coding::gzip, Coding::zstd),
                         [](const auto& tested) {
                             return tested.param == Coding::gzip ? "gzip" : "zstd";
                         });

}  // namespace
}  // namespace ingest::coding
