#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/decode/decoding.h"

namespace ingest::decode {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string nested(std::size_t arrays) {
    return std::string(arrays, '[') + std::string(arrays, ']');
}

TEST(UnknownMembers, AreIgnored) {
    Decoding it;
    it.single(reading(R"(, "a": 1, "b": {"c": [1, {"c": 2}], "d": {}}, "received_at": "x",
        "Temperature": "x", "metadata": null, "": "")"));
    EXPECT_THAT(summary(it.decoded), ElementsAre());
    EXPECT_FALSE(it.batch.has(it.column("metadata"), 0));
    EXPECT_EQ(it.batch.int64(model::column_received_at, 0), received_at_us);
}

TEST(UnknownMembers, MayBeManyInFrontOfTheKnown) {
    Decoding it;
    std::string text = "{";
    for (int i = 0; i < 100; ++i) text += "\"k" + std::to_string(i) + "\": 1, ";
    text += reading(R"(, "humidity": 3)").substr(1);
    for (int i = 0; i < 2; ++i) {
        it.single(text);
        EXPECT_THAT(summary(it.decoded), IsEmpty());
        EXPECT_EQ(it.batch.float64(it.column("humidity"), 0), 3);
    }
}

TEST(UnknownMembers, MustBeAcceptableAllTheSame) {
    Decoding it;
    const struct {
        const char* more;
        const char* finding;
    } cases[] = {
        {R"(, "a": 1, "a": 2)", "0 a duplicate"},
        {R"(, "a": 1, "b": 0, "\u0061": 2, "a": 3)", "0 a duplicate"},
        {R"(, "x": {"a": 1, "b": 2, "a": 3})", "0 x duplicate"},
        {R"(, "x": [[{"y": {"a": 1, "\u0061": 3}}]])", "0 x duplicate"},
        {R"(, "x": ["\u0000"])", "0 x nul"},
        {R"(, "x": {"a\u0000": 1})", "0 x nul"},
        {R"(, "x": [1, 1e999])", "0 x number"},
    };
    for (const auto& [more, finding] : cases) {
        it.single(reading(more));
        EXPECT_FALSE(it.decoded.malformed) << more << it.decoded.detail;
        EXPECT_THAT(summary(it.decoded), ElementsAre(finding)) << more;
        EXPECT_TRUE(it.refused(0));
    }
    it.single(reading(R"(, "x": {"a": 1, "b": 2, "a": 3})"));
    EXPECT_EQ(it.decoded.findings[0].message, "x names the member \"a\" more than once");
}

TEST(UnknownMembers, AreRefusedForTheFirstFlawInThem) {
    Decoding it;
    const struct {
        const char* more;
        const char* finding;
    } cases[] = {
        {R"(, "x": ["\u0000", 1e999])", "0 x nul"},
        {R"(, "x": [1e999, "\u0000"])", "0 x number"},
        {R"(, "x": [1e999, {"a\u0000": 1}])", "0 x number"},
        {R"(, "x": {"a": 1e999, "a": 1})", "0 x number"},
        {R"(, "x": [{"a": 1, "a": 2}, 1e999])", "0 x duplicate"},
    };
    for (const auto& [more, finding] : cases) {
        it.single(reading(more));
        EXPECT_THAT(summary(it.decoded), ElementsAre(finding)) << more;
    }
}

TEST(UnknownMembers, HaveNoNulInTheirNames) {
    Decoding it;
    it.single(reading(R"(, "a\u0000": 1, "b": 2)"));
    ASSERT_EQ(it.decoded.findings.size(), 1U);
    EXPECT_EQ(it.decoded.findings[0].field, std::string("a\0", 2));
    EXPECT_EQ(it.decoded.findings[0].code, "nul");
    EXPECT_TRUE(it.refused(0));
}

TEST(UnknownMembers, MayRepeatNamesInDifferentObjects) {
    Decoding it;
    it.single(reading(R"(, "a": {"a": {"a": 1}, "b": {"a": 2}}, "b": [{"a": 1}, {"a": 1}])"));
    EXPECT_THAT(summary(it.decoded), IsEmpty());
}

TEST(UnknownMembers, AreMalformedLikeAnythingElse) {
    Decoding it;
    for (const char* more :
         {R"(, "x": [1,])", R"(, "x": {"a"})", R"(, "x": {"a":})", R"(, "x": {a: 1})",
          R"(, "x": [01])", R"(, "x": [1.])", R"(, "x": [tru])", R"(, "x": [nul])",
          R"(, "x": [truefalse])", R"(, "x": [NaN])", R"(, "x": ["\ud800"])", R"(, "x": ["\z"])",
          R"(, "x": [1)", R"(, "x": {"a": 1])", R"(, "x": [1})", R"(, "x": [1:2])",
          R"(, "x": {"a", 1})", R"(, "x")", R"(, "x": )", R"(, "x": ["a" "b"])", R"(, "x": 'a')",
          R"(, "x": 1 /* one */)"}) {
        it.single(reading(more));
        EXPECT_TRUE(it.decoded.malformed) << more;
        EXPECT_EQ(it.batch.rows(), 0);
    }
}

TEST(UnknownMembers, NestSixteenDeepAtMost) {
    Decoding it;
    it.single(reading(R"(, "x": )" + nested(15)));
    EXPECT_FALSE(it.decoded.malformed) << it.decoded.detail;
    it.single(reading(R"(, "x": )" + nested(16)));
    EXPECT_TRUE(it.decoded.malformed);
    EXPECT_THAT(it.decoded.detail, HasSubstr("more than 16 levels of nesting"));
    it.many(R"({"readings": [)" + reading(R"(, "x": )" + nested(13)) + "]}");
    EXPECT_FALSE(it.decoded.malformed) << it.decoded.detail;
    it.many(R"({"readings": [)" + reading(R"(, "x": )" + nested(14)) + "]}");
    EXPECT_TRUE(it.decoded.malformed);
    it.single(std::string(1'000'000, '['));
    EXPECT_TRUE(it.decoded.malformed);
    it.single(reading(R"(, "x": [)" + nested(14) + "," + nested(14) + "]"));
    EXPECT_FALSE(it.decoded.malformed) << it.decoded.detail;
}

TEST(UnknownMembers, AreNamedWhenRejected) {
    Options options;
    options.unknown_fields = UnknownFields::reject;
    Decoding it(options);
    it.single(reading(R"(, "a": 1, "humidity": 3, "b": [], "reading_id": "r1")"));
    EXPECT_THAT(summary(it.decoded), ElementsAre("0 a unknown", "0 b unknown"));
    EXPECT_EQ(it.decoded.findings[0].message, "a is not a field of a reading");
    const std::string name = std::string(63, 'n') + "\xC3\xA9" + std::string(100, 'n');
    it.single(reading(R"(, ")" + name + R"(": 1)"));
    ASSERT_EQ(it.decoded.findings.size(), 1U);
    EXPECT_EQ(it.decoded.findings[0].field, std::string(63, 'n'));
    EXPECT_EQ(it.decoded.findings[0].message,
              std::string(63, 'n') + " is not a field of a reading");
}

TEST(UnknownMembers, AreKeptAsSent) {
    Options options;
    options.unknown_fields = UnknownFields::keep;
    Decoding it(options);
    it.single(reading(R"(, "a" : 1.50, "humidity": 3, "b":[ {"c": null} ], "\u0063": "\n",
        "metadata": true)"));
    EXPECT_THAT(summary(it.decoded), IsEmpty());
    EXPECT_EQ(it.batch.utf8(it.column("metadata"), 0),
              R"({"a":1.50,"b":[ {"c": null} ],"\u0063":"\n","metadata":true})");
    it.single(reading());
    EXPECT_FALSE(it.batch.has(it.column("metadata"), 0));
}

TEST(UnknownMembers, AreKeptUpToABound) {
    Options options;
    options.unknown_fields = UnknownFields::keep;
    options.metadata_bytes_max = 20;
    Decoding it(options);
    it.single(reading(R"(, "a": "123456789012")"));
    EXPECT_THAT(summary(it.decoded), IsEmpty());
    EXPECT_EQ(it.batch.utf8(it.column("metadata"), 0).size(), 20U);
    it.single(reading(R"(, "a": "1234567890123", "b": 1, "c": "1234567890123")"));
    EXPECT_THAT(summary(it.decoded), ElementsAre("0 metadata too_long"));
    EXPECT_FALSE(it.batch.has(it.column("metadata"), 0));
}

TEST(UnknownMembers, CannotMakeAHugeAnswer) {
    Options options;
    options.unknown_fields = UnknownFields::reject;
    Decoding it(options);
    std::string many;
    for (int i = 0; i < 50'000; ++i) many += ", \"k" + std::to_string(i) + "\": 1";
    it.many(R"({"readings": [)" + reading(many) + "," + reading(", \"x\": 1, \"y\": 1") + ", 1]}");
    ASSERT_EQ(it.decoded.findings.size(), 1002U);
    EXPECT_EQ(it.decoded.findings[1000].index, 1U);
    EXPECT_EQ(it.decoded.findings[1000].field, "x");
    EXPECT_EQ(it.decoded.findings[1001].index, 2U);
    EXPECT_TRUE(it.refused(1));
}

TEST(UnknownMembers, CannotMakeTheSearchForDuplicatesSlow) {
    // Quadratic work on this many names would outlast the test's time limit many times over.
    std::string inner;
    for (int i = 0; i < 300'000; ++i) {
        inner += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
    }
    Decoding it;
    it.single(reading(", \"x\": {" + inner + "}"));
    EXPECT_THAT(summary(it.decoded), IsEmpty());
    it.single(reading("," + inner));
    EXPECT_THAT(summary(it.decoded), IsEmpty());
    it.single(reading("," + inner + ",\"k7\":2"));
    EXPECT_THAT(summary(it.decoded), ElementsAre("0 k7 duplicate"));
    it.single(reading(", \"x\": {" + inner + ",\"k7\":2}"));
    EXPECT_THAT(summary(it.decoded), ElementsAre("0 x duplicate"));
}

}  // namespace
}  // namespace ingest::decode
