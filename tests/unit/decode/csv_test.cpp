#include <gtest/gtest.h>

#include "decode/csv_records.h"
#include "decoding.h"

namespace ingest::decode {
namespace {

using Strings = std::vector<std::string>;
using Indices = std::vector<std::uint32_t>;

const std::string names = "equipment_id,temperature,vibration,pressure";
const std::string good = "PUMP-HALL-001,20.5,0.25,1";

// "[a][b]", "2: what is wrong", one each.
Strings records_of(std::string_view text, std::size_t record_bytes_max = 1000) {
    CsvRecords records(record_bytes_max);
    records.set_cells_max(100);
    records.open(text);
    Strings all;
    while (records.next()) {
        std::string one;
        if (records.faulty()) one = records.too_long() ? "too long" : records.fault_text();
        for (const std::string_view cell : records.cells()) {
            one += '[';
            one += cell;
            one += ']';
        }
        all.push_back(one);
    }
    return all;
}

TEST(CsvRecords, Cells) {
    EXPECT_EQ(records_of("a,b\n"), (Strings{"[a][b]"}));
    EXPECT_EQ(records_of("a,b"), (Strings{"[a][b]"}));
    EXPECT_EQ(records_of("a,b\r\nc,d\r\n"), (Strings{"[a][b]", "[c][d]"}));
    EXPECT_EQ(records_of(",\n,,"), (Strings{"[][]", "[][][]"}));
    EXPECT_EQ(records_of(" a , b\t\n"), (Strings{"[ a ][ b\t]"})) << "blanks are of the cell";
    EXPECT_EQ(records_of("\xEF\xBB\xBF" "a\n"), (Strings{"[a]"}));
    EXPECT_EQ(records_of("\n \t\r\n\r\na\n\n\n"), (Strings{"[a]"}));
    EXPECT_EQ(records_of(""), Strings());
    EXPECT_EQ(records_of(" \n\n  "), Strings());
}

TEST(CsvRecords, Quotes) {
    EXPECT_EQ(records_of(R"("a","b")"), (Strings{"[a][b]"}));
    EXPECT_EQ(records_of("\"\",\"a,b\",\"\"\"\"\n"), (Strings{R"([][a,b]["])"}));
    EXPECT_EQ(records_of(R"("say ""hello""",x)"), (Strings{R"([say "hello"][x])"}));
    EXPECT_EQ(records_of("\"a\nb\r\nc\",d\r\ne\n"), (Strings{"[a\nb\r\nc][d]", "[e]"}));
    EXPECT_EQ(records_of("\"a\"\"b\"\n\"c\"\"d\"\n"), (Strings{R"([a"b])", R"([c"d])"}));
}

TEST(CsvRecords, FaultsSayWhere) {
    const std::string wants_comma = "expected ',' or the end of the line behind a quoted cell";
    const std::string wants_quotes = "a cell with a quote must be in quotes, its own doubled";
    EXPECT_EQ(records_of("a\nx,\"b\nc\n"),
              (Strings{"[a]", "line 2, column 3: the quote that opens here is not closed", "[c]"}));
    EXPECT_EQ(records_of("\"a\"b,c\nd\n"), (Strings{"line 1, column 4: " + wants_comma, "[d]"}));
    EXPECT_EQ(records_of("\"a\"\rb\nd\n"), (Strings{"line 1, column 4: " + wants_comma, "[d]"}));
    EXPECT_EQ(records_of("\"a\" \nd\n"), (Strings{"line 1, column 4: " + wants_comma, "[d]"}));
    EXPECT_EQ(records_of("\n\na\"b\nd\n"), (Strings{"line 3, column 2: " + wants_quotes, "[d]"}));
    EXPECT_EQ(records_of("a, \"b\"\nd\n"), (Strings{"line 1, column 4: " + wants_quotes, "[d]"}));
    EXPECT_EQ(records_of("a\rb\nd\n"),
              (Strings{"line 1, column 2: a carriage return must end the line, or be in quotes",
                       "[d]"}));
    EXPECT_EQ(records_of("a\r").back().substr(0, 16), "line 1, column 2");
    EXPECT_EQ(records_of("a,\xFFz\nd\n\xC3\n"),
              (Strings{"line 1, column 3: not UTF-8", "[d]", "line 3, column 1: not UTF-8"}));
}

// What belongs to which cell is in doubt behind such a line; the others are read as they stand.
TEST(CsvRecords, AQuoteThatIsNotClosedCostsItsLineAlone) {
    const Strings got = records_of("a\n\"b\nc\n\"d\"\ne\n");
    ASSERT_EQ(got.size(), 5U);
    EXPECT_TRUE(got[1].starts_with("line 3") || got[1].starts_with("line 4")) << got[1];
    EXPECT_EQ((Strings{got[0], got[2], got[3], got[4]}), (Strings{"[a]", "[c]", "[d]", "[e]"}));
}

TEST(CsvRecords, AreBounded) {
    EXPECT_EQ(records_of("12345\n123456\n123\n", 5), (Strings{"[12345]", "too long", "[123]"}));
    EXPECT_EQ(records_of("\"345\"\r\n\"345\",\n", 5), (Strings{"[345]", "too long"}));
    const Strings quoted = records_of("\"34567\"\na\n", 5);
    EXPECT_EQ(quoted.back(), "[a]");
    EXPECT_NE(quoted[0].find("within the bytes that a line may have"), std::string::npos);
    CsvRecords records(1000);
    records.set_cells_max(2);
    records.open("a,b,c,d");
    ASSERT_TRUE(records.next());
    EXPECT_EQ(records.cells().size(), 2U);
    EXPECT_EQ(records.count(), 4U);
}

TEST(CsvRecords, LinesAreCountedAsTheyAreSeen) {
    CsvRecords records(1000);
    records.open("a\n\n\"b\nb\"\r\n\"c\nd\n");
    Indices lines;
    while (records.next()) lines.push_back(records.line());
    EXPECT_EQ(lines, (Indices{0, 2, 4, 5}));
}

// The worst: each line opens a quote, or closes one, or both.
TEST(CsvRecords, TakeLinearTime) {
    for (const std::string line :
         {"\"\n", "\"\"\n", "\"\"\"\n", "\",\"\n", "a,\"\n", "\"a\"\"\n"}) {
        std::string text = "\"";
        while (text.size() < 500'000) text += line;
        EXPECT_FALSE(records_of(text, 64 * 1024).empty());
        EXPECT_FALSE(records_of(text, text.size()).empty());
    }
}

TEST(Csv, ReadingsAsOfJson) {
    Decoding it;
    const Decoded& decoded = it.csv(
        "pressure,equipment_id,cycles,running,site,serviced_at,timestamp,temperature,vibration\r\n"
        "1,PUMP-HALL-001,7,true,\"Hall \"\"A\"\", left\",2026-01-31T08:00:00Z,1769846400,20.5,"
        "0.25\r\n");
    EXPECT_EQ(decoded.total, 1U);
    EXPECT_EQ(decoded.index, (Indices{1}));
    EXPECT_TRUE(decoded.findings.empty()) << summary(decoded)[0];
    Decoding json;
    json.many(R"({"readings": [)" + reading(R"(, "cycles": 7, "running": true,)"
                                            R"("site": "Hall \"A\", left",)"
                                            R"("serviced_at": "2026-01-31T08:00:00Z",)"
                                            R"("timestamp": 1769846400)") + "]}");
    ASSERT_EQ(json.batch.rows(), 1);
    for (const model::Field& field : sensor_fields()) {
        const std::size_t column = it.column(field.name);
        EXPECT_EQ(it.batch.has(column, 0), json.batch.has(column, 0)) << field.name;
    }
    EXPECT_EQ(it.batch.float64(it.column("temperature"), 0), 20.5);
    EXPECT_EQ(it.batch.int64(it.column("cycles"), 0), 7);
    EXPECT_TRUE(it.batch.boolean(it.column("running"), 0));
    EXPECT_EQ(it.batch.utf8(it.column("site"), 0), "Hall \"A\", left");
    EXPECT_EQ(it.batch.int64(it.column("serviced_at"), 0),
              json.batch.int64(it.column("serviced_at"), 0));
    EXPECT_EQ(it.batch.int64(model::column_timestamp, 0), 1'769'846'400'000'000);
    EXPECT_EQ(it.batch.utf8(model::column_equipment_id, 0), "PUMP-HALL-001");
}

TEST(Csv, AnEmptyCellIsAnAbsentField) {
    Decoding it;
    const Decoded& decoded = it.csv(names + ",humidity,timestamp\n" + good + ",,\n" +
                                    "PUMP-HALL-001,,\"\",1,40,\n");
    EXPECT_EQ(decoded.total, 2U);
    EXPECT_FALSE(it.batch.has(it.column("humidity"), 0));
    EXPECT_EQ(it.batch.int64(model::column_timestamp, 0), received_at_us);
    EXPECT_EQ(summary(decoded), (Strings{"2 temperature missing", "2 vibration missing"}));
    EXPECT_TRUE(it.refused(1));
}

TEST(Csv, NumbersAreThoseOfJson) {
    Decoding it;
    for (const char* number : {"1", "-0", "1e3", "-1.5E-3", "0.1"})
        EXPECT_TRUE(it.csv(names + "\nA," + number + ",0,0").findings.empty()) << number;
    for (const char* none : {"NaN", "inf", "+1", "01", ".5", "1.", " 1", "1 ", "0x1", "1_0", "1;2",
                             "true", "null", "\"1,5\""}) {
        EXPECT_EQ(summary(it.csv(names + "\nA," + none + ",0,0")),
                  (Strings{"1 temperature type"}))
            << none;
    }
    EXPECT_EQ(summary(it.csv(names + "\nA,1e999,0,0")), (Strings{"1 temperature number"}));
    EXPECT_TRUE(it.csv(names + "\nA,\"20.5\",0,0").findings.empty()) << "quotes are no type";
}

TEST(Csv, OtherTypes) {
    Decoding it;
    const auto with = [&](const std::string& field, const std::string& cell) {
        return summary(it.csv(names + "," + field + "\n" + good + "," + cell));
    };
    EXPECT_EQ(with("cycles", "1.5"), (Strings{"1 cycles number"}));
    EXPECT_EQ(with("cycles", "9223372036854775808"), (Strings{"1 cycles number"}));
    EXPECT_EQ(with("cycles", "x"), (Strings{"1 cycles type"}));
    EXPECT_EQ(with("running", "1"), (Strings{"1 running type"}));
    EXPECT_EQ(with("running", "false"), Strings());
    EXPECT_FALSE(it.batch.boolean(it.column("running"), 0));
    EXPECT_EQ(with("timestamp", "yesterday"), (Strings{"1 timestamp timestamp"}));
    EXPECT_EQ(with("timestamp", "1e300"), (Strings{"1 timestamp timestamp"}));
    EXPECT_EQ(with("timestamp", "1e999"), (Strings{"1 timestamp timestamp"}));
    EXPECT_EQ(with("timestamp", "2013-12-02 21:15:00"), Strings());
    EXPECT_EQ(with("site", std::string(257, 'x')), (Strings{"1 site too_long"}));
    EXPECT_EQ(with("site", std::string("a\0b", 3)), (Strings{"1 site nul"}));
    EXPECT_EQ(with("site", "12"), Strings());
    EXPECT_EQ(it.batch.utf8(it.column("site"), 0), "12");
    EXPECT_EQ(with("reading_id", "my id"), Strings());
    EXPECT_EQ(with("reading_id", "m\xC3\xBC"), (Strings{"1 reading_id format"}));
}

TEST(Csv, ColumnsAreThoseOfAReading) {
    Decoding it;
    const auto refused = [&](const std::string& text) {
        const Decoded& decoded = it.csv(text);
        EXPECT_EQ(decoded.total, 0U) << text;
        EXPECT_FALSE(decoded.malformed) << text;
        EXPECT_EQ(it.batch.rows(), 0) << text;
        return summary(decoded);
    };
    EXPECT_EQ(refused(names + ",colour\n" + good + ",red"), (Strings{"0 colour unknown"}));
    EXPECT_NE(it.decoded.findings[0].message.find("there are reading_id, equipment_id, "),
              std::string::npos)
        << it.decoded.findings[0].message;
    EXPECT_EQ(refused(names + ",pressure\n" + good + ",1"), (Strings{"0 pressure duplicate"}));
    EXPECT_EQ(refused("\n\nequipment_id,Temperature\nA,1\n"),
              (Strings{"2 Temperature unknown", "2 temperature missing", "2 vibration missing",
                       "2 pressure missing"}));
    EXPECT_EQ(refused(good + "\n" + good).size(), 4U + 4U) << "a file without names";
    EXPECT_EQ(refused(names + ",received_at\n" + good + ",1"), (Strings{"0 received_at unknown"}));
    EXPECT_EQ(refused(names + ",metadata_\n").size(), 1U);
    EXPECT_EQ(refused(names + ",\n" + good + ","), (Strings{"0  unknown"}));
    EXPECT_EQ(refused(""), (Strings{"0 readings length"}));
    EXPECT_EQ(refused("equipment_id,\"temperature\n"), (Strings{"0  malformed"}));
    std::string many = names;
    for (int i = 0; i < 2000; ++i) many += ",x" + std::to_string(i);
    EXPECT_EQ(refused(many + "\n" + good).back(), "0  too_many");
    EXPECT_LT(it.decoded.findings.size(), 100U);
    EXPECT_TRUE(it.csv(names + "\n" + good).findings.empty()) << "nothing of it is left";
}

TEST(Csv, WhatIsKeptOfUnknownMembersIsNoColumn) {
    Decoding it({.unknown_fields = UnknownFields::keep});
    EXPECT_EQ(summary(it.csv(names + ",metadata\n" + good + ",{}")),
              (Strings{"0 metadata unknown"}));
    EXPECT_TRUE(it.csv(names + "\n" + good).findings.empty());
}

TEST(Csv, ABadLineCostsNoOther) {
    for (const std::string& bad :
         {std::string("\"PUMP-HALL-001,20.5,0.25,1"), std::string("PUMP,20.5,0.25"), good + ",",
          std::string("PU\"MP,20.5,0.25,1"), std::string("\"PUMP\"x,20.5,0.25,1"),
          std::string("\xFF,20.5,0.25,1"), std::string("x"), std::string(500, ',')}) {
        Decoding it;
        const Decoded& decoded =
            it.csv(names + "\n" + good + "\n" + bad + "\n\n,20.5,0.25,1\n" + good + "\n");
        EXPECT_FALSE(decoded.malformed);
        EXPECT_EQ(decoded.total, 4U) << bad;
        EXPECT_EQ(decoded.index, (Indices{1, 4, 5})) << bad;
        EXPECT_EQ(summary(decoded), (Strings{"2  malformed", "4 equipment_id missing"})) << bad;
        EXPECT_TRUE(decoded.findings[0].message.starts_with("line 3")) << bad;
        EXPECT_EQ(it.batch.rows(), 3) << bad;
        EXPECT_EQ(decoded.refused_rows, 1U) << bad;
    }
}

TEST(Csv, LinesAreCountedAndBounded) {
    Decoding it({.lines_max = 3, .line_bytes_max = 100});
    const std::string three = good + "\n\n" + good + "\n" + good + "\n";
    EXPECT_EQ(it.csv(names + "\n" + three).total, 3U);
    EXPECT_EQ(summary(it.csv(names + "\n" + three + "x")), (Strings{"0 readings length"}));
    EXPECT_EQ(it.decoded.findings[0].message,
              "the body must have 1 to 3 readings, one a line below the names of the columns, "
              "not 4");
    EXPECT_EQ(it.batch.rows(), 0);
    EXPECT_EQ(summary(it.csv(names + "\n")), (Strings{"0 readings length"}));
    const Decoded& decoded = it.csv(names + "\n" + std::string(101, 'x') + "\n" + good);
    EXPECT_EQ(summary(decoded), (Strings{"1  too_long"}));
    EXPECT_EQ(it.batch.rows(), 1);
}

TEST(Csv, EquipmentIdsStayForMessages) {
    Decoding it;
    std::string text = names + "\n";
    for (char c = 'A'; c <= 'Z'; ++c) text += std::string("\"A\"\"-") + c + "\",x,0,0\n";
    const Decoded& decoded = it.csv(text);
    ASSERT_EQ(decoded.equipment_ids.size(), 26U);
    for (std::size_t i = 0; i < 26; ++i)
        EXPECT_EQ(decoded.equipment_ids[i], std::string("A\"-") + static_cast<char>('A' + i));
}

TEST(Csv, ARetryGetsTheSameIdsAndOtherColumnsGiveOthers) {
    Decoding it;
    const auto id_of = [&](const std::string& text, std::int64_t row = 0) {
        it.csv(text, "key");
        EXPECT_TRUE(it.decoded.findings.empty());
        return it.batch.uuid(model::column_reading_id, row);
    };
    const std::string lines = "A,1,0,1\nA,1,0,1\n";
    const Uuid first = id_of(names + "\n" + lines);
    const Uuid second = id_of(names + "\n" + lines, 1);
    EXPECT_NE(first, second);
    EXPECT_EQ(id_of(names + "\r\nA,1,0,1\r\nA,1,0,1"), first);
    EXPECT_NE(id_of("equipment_id,pressure,vibration,temperature\n" + lines), first)
        << "the same line is another reading";
}

}  // namespace
}  // namespace ingest::decode
