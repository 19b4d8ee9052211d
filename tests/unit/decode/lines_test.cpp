#include <gtest/gtest.h>

#include "decoding.h"

namespace ingest::decode {
namespace {

using Strings = std::vector<std::string>;
using Indices = std::vector<std::uint32_t>;

TEST(Lines, AReadingOnEach) {
    Decoding it;
    const Decoded& decoded = it.lines(reading(", \"voltage\": 1") + "\n" + reading() + "\n");
    EXPECT_EQ(decoded.total, 2U);
    EXPECT_EQ(decoded.index, (Indices{0, 1}));
    EXPECT_TRUE(decoded.findings.empty());
    EXPECT_EQ(it.batch.float64(it.column("voltage"), 0), 1);
    EXPECT_FALSE(it.batch.has(it.column("voltage"), 1));
}

TEST(Lines, TheLastMayLackItsEnd) {
    Decoding it;
    EXPECT_EQ(it.lines(reading() + "\n" + reading()).total, 2U);
    EXPECT_EQ(it.lines(reading()).total, 1U);
}

TEST(Lines, BlankOnesAreNoReadingsButCountAsLines) {
    Decoding it;
    const Decoded& decoded = it.lines("\n" + reading() + "\n\n \t\r\n[]\n" + reading() + "\n\n");
    EXPECT_EQ(decoded.total, 3U);
    EXPECT_EQ(decoded.index, (Indices{1, 5}));
    EXPECT_EQ(summary(decoded), (Strings{"4  type"}));
}

TEST(Lines, CarriageReturnsAndAByteOrderMark) {
    Decoding it;
    const Decoded& decoded = it.lines("\xEF\xBB\xBF" + reading() + "\r\n" + reading() + "\r\n");
    EXPECT_EQ(decoded.total, 2U);
    EXPECT_TRUE(decoded.findings.empty());
    EXPECT_EQ(summary(it.lines(reading() + "\n\xEF\xBB\xBF" + reading())),
              (Strings{"1  malformed"}))
        << "only at the beginning";
}

TEST(Lines, ABrokenOneLosesNoOther) {
    for (const std::string& broken :
         {std::string("{"), std::string("x"), std::string(R"({"equipment_id": "A)"),
          std::string("{\"site\": \"\xff\"}"), reading() + reading(), reading(", \"voltage\": 01"),
          std::string(R"({"temperature": true, "site": 5, "voltage": })"),
          std::string(R"({"temperature": true} x)"), std::string(17, '[')}) {
        Decoding it;
        const Decoded& decoded = it.lines(reading() + "\n" + broken + "\n" +
                                          reading(", \"temperature\": 1") + "\n" + reading());
        EXPECT_FALSE(decoded.malformed);
        EXPECT_EQ(decoded.total, 4U) << broken;
        EXPECT_EQ(decoded.index, (Indices{0, 2, 3})) << broken;
        EXPECT_EQ(decoded.equipment_ids.size(), 3U) << broken;
        EXPECT_EQ(summary(decoded), (Strings{"1  malformed", "2 temperature duplicate"})) << broken;
        EXPECT_TRUE(decoded.findings[0].message.starts_with("line 2, column "))
            << decoded.findings[0].message;
        EXPECT_EQ(it.batch.rows(), 3) << broken;
        EXPECT_EQ(decoded.refused_rows, 1U) << broken;
        EXPECT_FALSE(it.refused(0)) << broken;
        EXPECT_TRUE(it.refused(1)) << broken;
        EXPECT_FALSE(it.refused(2)) << broken;
    }
}

TEST(Lines, ThatAreTooLong) {
    Decoding it({.line_bytes_max = 200});
    const Decoded& decoded =
        it.lines(reading(", \"more\": \"" + std::string(200, 'x') + "\"") + "\n" + reading());
    EXPECT_EQ(decoded.total, 2U);
    EXPECT_EQ(summary(decoded), (Strings{"0  too_long"}));
    EXPECT_EQ(it.batch.rows(), 1);
    const std::string room(200 - reading().size(), ' ');
    EXPECT_TRUE(it.lines(reading() + room + "\n").findings.empty());
}

TEST(Lines, AreCounted) {
    Decoding it({.lines_max = 3});
    std::string text;
    for (int i = 0; i < 3; ++i) text += reading() + "\n\n";
    EXPECT_EQ(it.lines(text).total, 3U);
    for (const std::string& bad : {text + "x", std::string(), std::string("\n\r\n")}) {
        const Decoded& decoded = it.lines(bad);
        EXPECT_EQ(decoded.total, 0U);
        EXPECT_FALSE(decoded.malformed);
        EXPECT_EQ(it.batch.rows(), 0);
        EXPECT_EQ(summary(decoded), (Strings{"0 readings length"}));
    }
    EXPECT_EQ(it.lines(text + "x").findings[0].message,
              "the body must have 1 to 3 readings, one a line, not 4");
}

TEST(Lines, TextsOfEarlierOnesStay) {
    Decoding it;
    std::string text;
    for (char c = 'A'; c <= 'Z'; ++c)
        text += std::string(R"({"equipment_id": "\u0041\u0041\u0041-)") + c + "\"}\n";
    const Decoded& decoded = it.lines(text);
    ASSERT_EQ(decoded.equipment_ids.size(), 26U);
    for (std::size_t i = 0; i < 26; ++i)
        EXPECT_EQ(decoded.equipment_ids[i], std::string("AAA-") + static_cast<char>('A' + i));
}

TEST(Lines, EveryBrokenOneIsToldWhateverTheBoundOnFindings) {
    Decoding it({.findings_max = 2});
    EXPECT_EQ(summary(it.lines("{}\n{\n}\n{}\n")).size(), 5U)
        << "two of the first, and one of each other";
}

TEST(Lines, ARetryGetsTheSameIds) {
    Decoding it;
    it.lines("x\n" + reading() + "\n" + reading() + "\n", "key");
    const Uuid first = it.batch.uuid(model::column_reading_id, 0);
    const Uuid second = it.batch.uuid(model::column_reading_id, 1);
    EXPECT_NE(first, second);
    it.lines("x\r\n" + reading() + "\r\n" + reading(), "key");
    EXPECT_EQ(it.batch.uuid(model::column_reading_id, 0), first);
    EXPECT_EQ(it.batch.uuid(model::column_reading_id, 1), second);
}

}  // namespace
}  // namespace ingest::decode
