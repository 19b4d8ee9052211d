#include "redis-sink/message.h"

#include <gtest/gtest.h>

#include <limits>

#include "model/arrow_view.h"
#include "support/batches.h"

// The expected texts were printed by Python 3.11: json.dumps(value), datetime.isoformat().
namespace ingest::redis_sink {
namespace {

template <class T>
std::string json(const T& value) {
    std::string out;
    append_json(out, value);
    return out;
}

std::string isoformat(int64_t us) {
    std::string out;
    append_isoformat(out, us);
    return out;
}

TEST(RedisMessage, DoublesReadAsPythonWritesThem) {
    const std::pair<double, const char*> cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {21.5, "21.5"},
        {100000.0, "100000.0"},
        {12345.678, "12345.678"},
        {123456789.125, "123456789.125"},
        {-273.15, "-273.15"},
        {1e15, "1000000000000000.0"},
        {9999999999999998.0, "9999999999999998.0"},
        {1e16, "1e+16"},
        {-1e16, "-1e+16"},
        {123456789012345680.0, "1.2345678901234568e+17"},
        {1e21, "1e+21"},
        {1e22, "1e+22"},
        {1e100, "1e+100"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {0.1, "0.1"},
        {1.0 / 3.0, "0.3333333333333333"},
        {0.0001, "0.0001"},
        {0.000123, "0.000123"},
        {-0.00012, "-0.00012"},
        {0.00001, "1e-05"},
        {2.5e-5, "2.5e-05"},
        {1.5e-7, "1.5e-07"},
        {5e-324, "5e-324"},
    };
    for (const auto& [value, text] : cases) EXPECT_EQ(json(value), text);
}

TEST(RedisMessage, TextIsEscapedToAscii) {
    const std::pair<std::string_view, const char*> cases[] = {
        {"", R"("")"},
        {"plain", R"("plain")"},
        {"q\"b\\s/", R"("q\"b\\s/")"},
        {"\b\t\n\r\f", R"("\b\t\n\r\f")"},
        {{"\x00\x01\x1f\x7f", 4}, R"("\u0000\u0001\u001f\u007f")"},
        {"é°€", R"("\u00e9\u00b0\u20ac")"},
        {"\u2028\u2029", R"("\u2028\u2029")"},
        {"\U0001F600", R"("\ud83d\ude00")"},
        {"\U0010FFFF", R"("\udbff\udfff")"},
        {"\uFFFF", R"("\uffff")"},
        {"\u0080\u009f", R"("\u0080\u009f")"},
    };
    for (const auto& [text, expected] : cases) EXPECT_EQ(json(text), expected);
}

// The host lets none in; whatever comes, the message stays JSON and nothing is read past the end.
TEST(RedisMessage, BytesThatAreNoUtf8BecomeReplacements) {
    EXPECT_EQ(json(std::string_view("\xff")), R"("\ufffd")");
    EXPECT_EQ(json(std::string_view("a\xc3")), R"("a\ufffd")");
    EXPECT_EQ(json(std::string_view("\xf0\x9f\x98")), R"("\ufffd")");
    EXPECT_EQ(json(std::string_view("\xed\xa0\x80")), R"("\ufffd")");
    EXPECT_EQ(json(std::string_view("\xe2\x82\"")), R"("\ufffd\"")");
    EXPECT_EQ(json(std::string_view("\xe0\x80\x80")), R"("\ufffd")");
    EXPECT_EQ(json(std::string_view("\xf4\x90\x80\x80")), R"("\ufffd")");
}

TEST(RedisMessage, TimesReadAsPythonWritesThem) {
    EXPECT_EQ(isoformat(1764000000123456), "2025-11-24T16:00:00.123456+00:00");
    EXPECT_EQ(isoformat(1764000000000000), "2025-11-24T16:00:00+00:00");
    EXPECT_EQ(isoformat(1764000000000001), "2025-11-24T16:00:00.000001+00:00");
    EXPECT_EQ(isoformat(951827696000000), "2000-02-29T12:34:56+00:00");
    EXPECT_EQ(isoformat(0), "1970-01-01T00:00:00+00:00");
    EXPECT_EQ(isoformat(-1), "1969-12-31T23:59:59.999999+00:00");
    EXPECT_EQ(isoformat(-62135596800000000), "0001-01-01T00:00:00+00:00");
    EXPECT_EQ(isoformat(253402300799999999), "9999-12-31T23:59:59.999999+00:00");
}

std::string message(const model::Batch& batch, int64_t row) {
    const model::ArrowView view(batch);
    const ingest_batch raw{sizeof(ingest_batch), 0,      1, 0, batch.schema().arrow(),
                           view.array(),         nullptr};
    std::string out;
    MessageFormat(sdk::Schema(batch.schema().arrow())).append(out, sdk::Batch(&raw), row);
    return out;
}

TEST(RedisMessage, FieldsStandInTheSchemasOrderAndTheTimestampLast) {
    const auto schema = test::sensor_schema();
    model::Batch batch(*schema);
    test::add_reading(batch, "PUMP-A1-001", {21.5, 0.5, 1.0, test::null, 230.0});
    test::add_reading(batch, "FAN-B2-002", {-0.0, 0.1, 2.0}, 1764000000000000);
    EXPECT_EQ(message(batch, 0),
              R"({"reading_id": "0190f3c4-8f3b-7000-8000-000000000001", )"
              R"("equipment_id": "PUMP-A1-001", "temperature": 21.5, "vibration": 0.5, )"
              R"("pressure": 1.0, "humidity": null, "voltage": 230.0, )"
              R"("timestamp": "2025-11-24T16:00:00.123456+00:00"})");
    EXPECT_EQ(message(batch, 1),
              R"({"reading_id": "0190f3c4-8f3b-7000-8000-000000000002", )"
              R"("equipment_id": "FAN-B2-002", "temperature": -0.0, "vibration": 0.1, )"
              R"("pressure": 2.0, "humidity": null, "voltage": null, )"
              R"("timestamp": "2025-11-24T16:00:00+00:00"})");
}

TEST(RedisMessage, EveryColumnTypeIsRendered) {
    using model::ColumnType;
    const model::Schema schema({{"count", ColumnType::int64},
                                {"note \"n\"", ColumnType::utf8},
                                {"on", ColumnType::boolean},
                                {"calibrated", ColumnType::timestamp},
                                {"part", ColumnType::uuid}});
    model::Batch batch(schema);
    test::add_reading(batch, "X", {std::numeric_limits<int64_t>::min(), "é\n", true, int64_t{0}});
    batch.set_uuid(model::column_first_field + 4, test::uuid_of(255));
    EXPECT_EQ(message(batch, 0),
              R"({"reading_id": "0190f3c4-8f3b-7000-8000-000000000001", "equipment_id": "X", )"
              R"("count": -9223372036854775808, "note \"n\"": "\u00e9\n", "on": true, )"
              R"("calibrated": "1970-01-01T00:00:00+00:00", )"
              R"("part": "0190f3c4-8f3b-7000-8000-0000000000ff", )"
              R"("timestamp": "2025-11-24T16:00:00.123456+00:00"})");
}

}  // namespace
}  // namespace ingest::redis_sink
