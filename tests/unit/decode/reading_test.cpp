#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/text.h"
#include "unit/decode/decoding.h"

namespace ingest::decode {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Reading, FillsEveryColumn) {
    Decoding it;
    it.single(reading(R"(, "humidity": -0, "voltage": 1e2, "cycles": -7, "running": true,
        "site": "H\u00e4ll \"1\"", "serviced_at": 1700000000,
        "timestamp": "2026-01-31T08:00:00.5+01:00")"));
    ASSERT_FALSE(it.decoded.malformed) << it.decoded.detail;
    EXPECT_THAT(summary(it.decoded), IsEmpty());
    ASSERT_EQ(it.batch.rows(), 1);
    EXPECT_EQ(it.decoded.total, 1U);
    EXPECT_THAT(it.decoded.index, ElementsAre(0U));
    EXPECT_THAT(it.decoded.equipment_ids, ElementsAre("PUMP-HALL-001"));
    EXPECT_FALSE(it.refused(0));
    EXPECT_EQ(it.decoded.refused_rows, 0U);
    EXPECT_EQ(it.batch.utf8(model::column_equipment_id, 0), "PUMP-HALL-001");
    EXPECT_EQ(it.batch.float64(it.column("temperature"), 0), 20.5);
    EXPECT_TRUE(std::signbit(it.batch.float64(it.column("humidity"), 0)));
    EXPECT_EQ(it.batch.float64(it.column("voltage"), 0), 100);
    EXPECT_EQ(it.batch.int64(it.column("cycles"), 0), -7);
    EXPECT_TRUE(it.batch.boolean(it.column("running"), 0));
    EXPECT_EQ(it.batch.utf8(it.column("site"), 0), "H\xC3\xA4ll \"1\"");
    EXPECT_EQ(it.batch.int64(it.column("serviced_at"), 0), 1'700'000'000'000'000);
    EXPECT_EQ(it.batch.int64(model::column_timestamp, 0), 1'769'842'800'500'000);
    EXPECT_EQ(it.batch.int64(model::column_received_at, 0), received_at_us);
    EXPECT_FALSE(it.batch.has(it.column("metadata"), 0));
    const Uuid id = it.batch.uuid(model::column_reading_id, 0);
    EXPECT_EQ(id[6] >> 4, 7);
}

TEST(Reading, LeavesOptionalFieldsOut) {
    for (const char* more : {"", R"(, "humidity": null, "site": null, "timestamp": null,
                                      "reading_id": null)"}) {
        Decoding it;
        it.single(reading(more));
        EXPECT_THAT(summary(it.decoded), IsEmpty());
        for (const char* name : {"humidity", "voltage", "cycles", "running", "site"}) {
            EXPECT_FALSE(it.batch.has(it.column(name), 0)) << name;
        }
        EXPECT_EQ(it.batch.int64(model::column_timestamp, 0), received_at_us);
    }
}

TEST(Reading, TakesItsMembersInAnyOrderAndAnySpelling) {
    Decoding it;
    for (const char* text : {
             R"({"pressure":1,"vibration":2,"temperature":3,"equipment_id":"A"})",
             R"({"equipment_id":"A","temperature":3,"vibration":2,"pressure":1})",
             " \r\n\t{ \"temperature\" :3 ,\"equipment_id\" :\"A\" ,\"x\" :[ ] ,"
             "\"pressure\" : 1 , \"vibration\" : 2 } \n",
             R"({"\u0070ressure":1,"vibr\u0061tion":2,"temperature":3,"equipment_id":"\u0041"})"}) {
        it.single(text);
        ASSERT_THAT(summary(it.decoded), IsEmpty()) << text << it.decoded.detail;
        EXPECT_EQ(it.batch.float64(it.column("temperature"), 0), 3);
        EXPECT_EQ(it.batch.float64(it.column("vibration"), 0), 2);
        EXPECT_EQ(it.batch.float64(it.column("pressure"), 0), 1);
        EXPECT_EQ(it.batch.utf8(model::column_equipment_id, 0), "A");
    }
}

TEST(Reading, NamesEveryBadField) {
    Decoding it;
    it.single(R"({"equipment_id": 5, "temperature": "20", "vibration": true, "humidity": {"a":1},
        "voltage": 1e400, "cycles": 1.5, "running": 1, "site": ["x"], "serviced_at": "soon",
        "timestamp": false, "reading_id": 1})");
    EXPECT_THAT(summary(it.decoded),
                ElementsAre("0 equipment_id type", "0 temperature type", "0 vibration type",
                            "0 humidity type", "0 voltage number", "0 cycles number",
                            "0 running type", "0 site type", "0 serviced_at timestamp",
                            "0 timestamp type", "0 reading_id type", "0 pressure missing"));
    EXPECT_EQ(it.decoded.findings[1].message, "temperature must be a number, not a string");
    EXPECT_EQ(it.decoded.findings[4].message, "voltage is out of the range of a double");
    EXPECT_EQ(it.decoded.findings[11].message, "pressure is missing: it must be a number");
    ASSERT_EQ(it.batch.rows(), 1);
    EXPECT_TRUE(it.refused(0));
    EXPECT_EQ(it.decoded.refused_rows, 1U);
    for (std::size_t i = 0; i < it.schema.size(); ++i) {
        const bool ours = i == model::column_reading_id || i == model::column_received_at;
        EXPECT_EQ(it.batch.has(i, 0), ours) << it.schema[i].name;
    }
}

TEST(Reading, SaysWhatAFieldMustBe) {
    Decoding it;
    it.single(reading(R"(, "humidity": null, "voltage": [], "cycles": "x", "running": 0,
        "site": true, "serviced_at": {}, "reading_id": 7)"));
    std::vector<std::string> messages;
    for (const auto& finding : it.decoded.findings) messages.push_back(finding.message);
    EXPECT_THAT(messages,
                ElementsAre("voltage must be a number, not an array",
                            "cycles must be a whole number, not a string",
                            "running must be true or false, not a number",
                            "site must be a string, not a boolean",
                            "serviced_at must be a time, not an object",
                            "reading_id must be a string, not a number"));
}

TEST(Reading, TakesWholeNumbersOf64BitsOnly) {
    Decoding it;
    const struct {
        const char* number;
        const char* message;
    } cases[] = {
        {"9223372036854775808", "cycles is out of the range of a whole number of 64 bits"},
        {"1e3", "cycles must be a whole number, without fraction and exponent"},
        {"2.0", "cycles must be a whole number, without fraction and exponent"},
    };
    for (const auto& [number, message] : cases) {
        it.single(reading(R"(, "cycles": )" + std::string(number)));
        ASSERT_THAT(summary(it.decoded), ElementsAre("0 cycles number")) << number;
        EXPECT_EQ(it.decoded.findings[0].message, message);
    }
    it.single(reading(R"(, "cycles": 9223372036854775807)"));
    EXPECT_EQ(it.batch.int64(it.column("cycles"), 0), INT64_MAX);
}

TEST(Reading, TakesANullForARequiredFieldAsMissing) {
    Decoding it;
    it.single(R"({"equipment_id": null, "temperature": null, "vibration": 1, "pressure": 1})");
    EXPECT_THAT(summary(it.decoded),
                ElementsAre("0 equipment_id missing", "0 temperature missing"));
    it.single("{}");
    EXPECT_EQ(it.decoded.findings.size(), 4U);
    EXPECT_EQ(it.batch.rows(), 1);
}

TEST(Reading, RefusesMembersGivenTwice) {
    Decoding it;
    it.single(reading(R"(, "temperature": 21, "tempera\u0074ure": 22, "humidity": null,
        "humidity": 3, "site": "a", "site": "b")"));
    EXPECT_THAT(summary(it.decoded),
                ElementsAre("0 temperature duplicate", "0 humidity duplicate", "0 site duplicate"));
    EXPECT_FALSE(it.batch.has(it.column("temperature"), 0));
    EXPECT_FALSE(it.batch.has(it.column("humidity"), 0));
    EXPECT_FALSE(it.batch.has(it.column("site"), 0));
    EXPECT_TRUE(it.refused(0));
}

TEST(Reading, BoundsTexts) {
    Options options;
    options.text_bytes_max = 4;
    Decoding it(options);
    const std::string rest = R"(, "temperature": 1, "vibration": 1, "pressure": 1})";
    it.single(R"({"equipment_id": "ab\u00e9")" + rest);
    EXPECT_THAT(summary(it.decoded), IsEmpty());
    it.single(R"({"equipment_id": "abcde")" + rest);
    EXPECT_THAT(summary(it.decoded), ElementsAre("0 equipment_id too_long"));
    EXPECT_EQ(it.decoded.equipment_ids[0], "abcde");
    it.single(R"({"equipment_id": "a\u0000")" + rest);
    EXPECT_THAT(summary(it.decoded), ElementsAre("0 equipment_id nul"));
    it.single(R"({"equipment_id": ")" + std::string(5000, 'x') + "\"" + rest);
    EXPECT_EQ(it.decoded.equipment_ids[0].size(), echo_bytes_max);
}

TEST(Reading, ChecksTheTimestamp) {
    Decoding it;
    for (const char* bad : {R"("2026-01-31")", R"("1700000000")", R"("")", "1e300", "1e999",
                            R"("2026-02-30T00:00:00Z")", R"("9999-12-31T23:59:59-01:00")"}) {
        it.single(reading(R"(, "timestamp": )" + std::string(bad)));
        EXPECT_THAT(summary(it.decoded), ElementsAre("0 timestamp timestamp")) << bad;
        EXPECT_FALSE(it.batch.has(model::column_timestamp, 0));
    }
    it.single(reading(R"(, "timestamp": "2026-01-31\u005408:00:00Z")"));
    EXPECT_EQ(it.batch.int64(model::column_timestamp, 0), 1'769'846'400'000'000);
    it.single(reading(R"(, "timestamp": 20000000000)"));
    EXPECT_EQ(it.batch.int64(model::column_timestamp, 0), 20'000'000'000'000'000);
    it.single(reading(R"(, "timestamp": 20000000001)"));
    EXPECT_EQ(it.batch.int64(model::column_timestamp, 0), 20'000'000'001'000);
}

TEST(Reading, MustBeAnObject) {
    Decoding it;
    for (const char* text : {"1", "\"x\"", "null", "true", "[]", "[{}]"}) {
        it.single(text);
        EXPECT_FALSE(it.decoded.malformed) << text;
        EXPECT_THAT(summary(it.decoded), ElementsAre("0  type")) << text;
        EXPECT_EQ(it.batch.rows(), 0);
        EXPECT_EQ(it.decoded.total, 1U);
    }
    EXPECT_EQ(it.decoded.findings[0].message, "a reading must be an object, not an array");
}

TEST(Reading, SaysWhereMalformedTextIsWrong) {
    const struct {
        const char* text;
        const char* detail;
    } cases[] = {
        {"", "line 1, column 1: the document is empty"},
        {"   ", "line 1, column 4: the document is empty"},
        {"{", "line 1, column 2: expected a member's name in quotes"},
        {"{\n \"a\": tru}", "line 2, column 7: expected a value"},
        {"{\"a\":1,}", "line 1, column 8: expected a member's name in quotes"},
        {"{\"a\" 1}", "line 1, column 6: expected ':'"},
        {"{\"a\":1 \"b\":2}", "line 1, column 8: expected ',' or '}'"},
        {"{\"a\":[1 2]}", "line 1, column 9: expected ',' or ']'"},
        {"{\"temperature\":01}", "line 1, column 16: expected a number as JSON writes it"},
        {"{\"temperature\":NaN}", "line 1, column 16: expected a value"},
        {"{\"temperature\":-Infinity}", "line 1, column 16: expected a number as JSON writes it"},
        {"{} {}", "line 1, column 4: expected the end of the document"},
        {"{}}", "line 1, column 3: expected the end of the document"},
        {"{\"a\":\"b}", "line 1, column 6: the string that begins here is not closed"},
        {"{\"a\":\"b\nc\"}", "line 1, column 8: a control character in a string must be escaped"},
        {"{\"a\":\"\xFF\"}", "line 1, column 7: not UTF-8"},
        {"{\"a\":\"x\\q\"}", "line 1, column 8: not an escape that JSON has"},
        {"{\"a\":\"\\ud800\"}", "line 1, column 7: half of a surrogate pair"},
        {"\xEF\xBB\xBF{}", "line 1, column 1: expected a value"},
    };
    Decoding it;
    for (const auto& [text, detail] : cases) {
        it.single(text);
        EXPECT_TRUE(it.decoded.malformed) << text;
        EXPECT_EQ(it.decoded.detail, detail) << text;
        EXPECT_THAT(it.decoded.findings, IsEmpty());
        EXPECT_EQ(it.batch.rows(), 0);
        EXPECT_EQ(it.decoded.total, 0U);
    }
}

TEST(Reading, IsMalformedWithAMalformedValueOfAnyField) {
    const struct {
        const char* member;
        const char* why;
    } cases[] = {
        {R"("humidity": 1.)", "expected a number as JSON writes it"},
        {R"("humidity": nul)", "expected a value"},
        {R"("cycles": 01)", "expected a number as JSON writes it"},
        {R"("running": tru)", "expected a value"},
        {R"("site": "\x")", "not an escape that JSON has"},
        {R"("serviced_at": "\ud800")", "half of a surrogate pair"},
        {R"("timestamp": 1e)", "expected a number as JSON writes it"},
        {R"("reading_id": "\u12")", "\\u must be followed by four hexadecimal digits"},
    };
    Decoding it;
    for (const auto& [member, why] : cases) {
        it.single(reading(", " + std::string(member)));
        EXPECT_TRUE(it.decoded.malformed) << member;
        EXPECT_THAT(it.decoded.detail, HasSubstr(why)) << member;
        EXPECT_EQ(it.batch.rows(), 0);
    }
}

TEST(Reading, IsMalformedAlsoWhenAFieldWasBadBefore) {
    Decoding it;
    it.single(R"({"temperature": "x", "vibration": 1)");
    EXPECT_TRUE(it.decoded.malformed);
    EXPECT_THAT(it.decoded.findings, IsEmpty());
    EXPECT_THAT(it.decoded.detail, HasSubstr("expected ',' or '}'"));
    it.single(reading());
    EXPECT_FALSE(it.decoded.malformed);
    EXPECT_EQ(it.batch.rows(), 1);
}

}  // namespace
}  // namespace ingest::decode
