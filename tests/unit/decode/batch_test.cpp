#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/decode/decoding.h"

namespace ingest::decode {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string document(const std::vector<std::string>& readings) {
    std::string text = R"({"readings": [)";
    for (std::size_t i = 0; i < readings.size(); ++i) text += (i == 0 ? "" : ",") + readings[i];
    return text + "]}";
}

TEST(BatchDocument, GivesRowsInOrder) {
    Decoding it;
    it.many(document({reading(), reading(R"(, "humidity": 5)"), reading()}));
    ASSERT_FALSE(it.decoded.malformed) << it.decoded.detail;
    EXPECT_EQ(it.decoded.total, 3U);
    EXPECT_THAT(it.decoded.index, ElementsAre(0U, 1U, 2U));
    ASSERT_EQ(it.batch.rows(), 3);
    EXPECT_FALSE(it.batch.has(it.column("humidity"), 0));
    EXPECT_EQ(it.batch.float64(it.column("humidity"), 1), 5);
    EXPECT_LT(it.batch.uuid(0, 0), it.batch.uuid(0, 1));
}

TEST(BatchDocument, MarksTheBadOnesAndKeepsTheGood) {
    Decoding it;
    it.many(document({reading(), "7", R"({"equipment_id": "X", "temperature": 1})", "null",
                      reading(R"(, "humidity": "wet")"), reading()}));
    EXPECT_THAT(summary(it.decoded),
                ElementsAre("1  type", "2 vibration missing", "2 pressure missing", "3  type",
                            "4 humidity type"));
    EXPECT_EQ(it.decoded.total, 6U);
    EXPECT_THAT(it.decoded.index, ElementsAre(0U, 2U, 4U, 5U));
    EXPECT_THAT(it.decoded.equipment_ids,
                ElementsAre("PUMP-HALL-001", "X", "PUMP-HALL-001", "PUMP-HALL-001"));
    EXPECT_FALSE(it.refused(0));
    EXPECT_TRUE(it.refused(1));
    EXPECT_TRUE(it.refused(2));
    EXPECT_FALSE(it.refused(3));
    EXPECT_EQ(it.decoded.refused_rows, 2U);
}

TEST(BatchDocument, MarksRowsBeyondTheFirstByte) {
    Decoding it;
    std::vector<std::string> readings(20, reading());
    readings[9] = readings[16] = "{}";
    it.many(document(readings));
    for (std::int64_t row = 0; row < 20; ++row) {
        EXPECT_EQ(it.refused(row), row == 9 || row == 16) << row;
    }
    EXPECT_EQ(it.decoded.refused.capacity() % 64, 0U);
    it.many(document(std::vector<std::string>(20, reading())));
    for (std::int64_t row = 0; row < 20; ++row) EXPECT_FALSE(it.refused(row));
}

TEST(BatchDocument, IgnoresMembersBesideTheReadings) {
    Decoding it;
    it.many(R"({"source": {"a": [1, "b"]}, "readings": [)" + reading() + R"(], "count": 1})");
    EXPECT_THAT(summary(it.decoded), IsEmpty());
    EXPECT_EQ(it.batch.rows(), 1);
    it.many(R"({"re\u0061dings": [)" + reading() + "]}");
    EXPECT_EQ(it.batch.rows(), 1);
}

TEST(BatchDocument, IsMalformedWhereNoReadingCanBeNamed) {
    Decoding it;
    const struct {
        std::string text;
        const char* detail;
    } cases[] = {
        {R"({"readings": [], "readings": []})", "the member \"readings\" more than once"},
        {R"({"a": 1, "readings": [{}], "a": 2})", "the member \"a\" more than once"},
        {R"({"readings": [{}], "a": {"b": 1, "b": 2}})", "the member \"b\" more than once"},
        {R"({"readings": [{}], "a": "\u0000"})", "U+0000"},
        {R"({"readings": [{}], "\u0000": 1})", "U+0000"},
        {R"({"readings": [{}], "a": 1e999})", "out of the range"},
        {R"({"a": "\u0000", "\u0000": 1e999, "a": 1})", "U+0000"},
        {R"({"\u0000": 1e999})", "U+0000"},
        {R"({"a": 1e999, "a\u0000": 1, "a": 1})", "out of the range"},
        {R"({"readings": [{}])", "expected ',' or '}'"},
        {R"({"readings": [{}]]})", "expected ',' or '}'"},
        {R"({"readings": [{},]})", "expected a value"},
        {R"({"readings": [{} {}]})", "expected ',' or ']'"},
        {R"({"readings": [{}]}})", "expected the end"},
        {R"({"readings": [{}]} 1)", "expected the end"},
        {R"([1, 2)", "expected ',' or ']'"},
        {"", "empty"},
    };
    for (const auto& [text, detail] : cases) {
        it.many(text);
        EXPECT_TRUE(it.decoded.malformed) << text;
        EXPECT_THAT(it.decoded.detail, HasSubstr(detail)) << text;
        EXPECT_THAT(it.decoded.findings, IsEmpty());
        EXPECT_THAT(it.decoded.index, IsEmpty());
        EXPECT_EQ(it.batch.rows(), 0);
    }
}

TEST(BatchDocument, IsRefusedAsAWhole) {
    Decoding it({.readings_max = 3});
    const std::string four = document({reading(), "{}", "1", reading()});
    const struct {
        std::string text;
        const char* finding;
        const char* message;
    } cases[] = {
        {R"({"readings": []})", "0 readings length",
         "readings must have 1 to 3 readings, not 0"},
        {four, "0 readings length", "readings must have 1 to 3 readings, not 4"},
        {"{}", "0 readings missing", "readings is missing: it must be an array of readings"},
        {R"({"reading": []})", "0 readings missing",
         "readings is missing: it must be an array of readings"},
        {R"({"readings": {}})", "0 readings type",
         "readings must be an array of readings, not an object"},
        {R"({"readings": null})", "0 readings type",
         "readings must be an array of readings, not null"},
        {"[{}]", "0 readings type",
         "the request must be an object with an array of readings, not an array"},
        {"3", "0 readings type",
         "the request must be an object with an array of readings, not a number"},
    };
    for (const auto& [text, finding, message] : cases) {
        it.many(text);
        EXPECT_FALSE(it.decoded.malformed) << text << it.decoded.detail;
        EXPECT_EQ(it.decoded.total, 0U);
        EXPECT_EQ(it.batch.rows(), 0);
        ASSERT_THAT(summary(it.decoded), ElementsAre(finding)) << text;
        EXPECT_EQ(it.decoded.findings[0].message, message);
    }
    it.many(document({reading(), reading(), reading()}));
    EXPECT_EQ(it.decoded.total, 3U);
    EXPECT_THAT(summary(it.decoded), IsEmpty());
    it.many(four.substr(0, four.size() - 1));
    EXPECT_TRUE(it.decoded.malformed);
}

}  // namespace
}  // namespace ingest::decode
