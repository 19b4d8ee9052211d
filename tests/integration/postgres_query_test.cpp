#include "integration/postgres_fixture.h"

// What the plugin answers about stored readings.
namespace ingest::test {
namespace {

using model::ColumnType;

class PostgresQueryTest : public PostgresTest {
protected:
    std::vector<Rows::Row> latest(Query& query, std::string_view equipment, std::uint32_t limit,
                                  const model::Schema& schema) {
        Rows rows(schema);
        expect_code(query.latest(equipment, limit, rows), INGEST_OK);
        EXPECT_EQ(rows.misbehaviour(), 0);
        return rows.rows();
    }
};

TEST_F(PostgresQueryTest, NewestFirstUpToTheLimit) {
    model::Batch batch(*schema_);
    for (int i = 0; i < 20; ++i) {
        add_reading(batch, i % 2 == 0 ? "A" : "B", {1.0 * i, 2.0, 3.0},
                    some_time_us + (i * 7 % 20) * 1'000'000);
    }
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.write(batch), INGEST_OK);
    Query query(postgres_plugin(), options(), *schema_);
    const auto rows = latest(query, "A", 4, *schema_);
    ASSERT_EQ(rows.size(), 4U);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i][1], Value("A"));
        const std::int64_t expected =
            some_time_us + (18 - 2 * static_cast<std::int64_t>(i)) * 1'000'000;
        EXPECT_EQ(rows[i][2], Value(expected));
        EXPECT_EQ(rows[i][3], Value(expected + 1000));
    }
    EXPECT_EQ(latest(query, "B", 100, *schema_).size(), 10U);
    EXPECT_TRUE(latest(query, "never seen ' OR 1=1", 10, *schema_).empty());
}

TEST_F(PostgresQueryTest, GivesBackExactlyWhatWasWritten) {
    const model::Schema schema({{"g", ColumnType::float64},
                                {"l", ColumnType::int64},
                                {"u", ColumnType::utf8},
                                {"b", ColumnType::boolean},
                                {"t", ColumnType::timestamp}});
    const std::vector<std::vector<Cell>> cells{
        {-0.0, std::int64_t{-1}, "Ä\n\t\\", true, std::int64_t{-62'135'596'800'000'000}},
        {5e-324, std::numeric_limits<std::int64_t>::min(), "", false, some_time_us},
        {1e308, {}, {}, {}, std::int64_t{253'402'300'799'999'999}},
        {{}, std::int64_t{0}, {}, {}, {}}};
    model::Batch batch(schema);
    std::int64_t time = some_time_us;
    for (const auto& row : cells) add_reading(batch, "A", row, time--);
    Sink sink(postgres_plugin(), options(), schema);
    expect_code(sink.write(batch), INGEST_OK);
    sql("ALTER DATABASE " + sql_value("SELECT current_database()") +
        " SET timezone = 'Asia/Kathmandu'");
    Query query(postgres_plugin(), options(), schema);
    const auto rows = latest(query, "A", 100, schema);
    ASSERT_EQ(rows.size(), cells.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i][0], Value(uuid_of(i + 1)));
        EXPECT_EQ(rows[i][2], Value(some_time_us - static_cast<std::int64_t>(i)));
        for (std::size_t k = 0; k < 5; ++k) {
            const Cell& cell = cells[i][k];
            const Value& value = rows[i][k + 4];
            if (const auto* real = std::get_if<double>(&cell)) {
                ASSERT_TRUE(std::holds_alternative<double>(value));
                EXPECT_EQ(std::bit_cast<std::int64_t>(std::get<double>(value)),
                          std::bit_cast<std::int64_t>(*real));
            } else if (const auto* truth = std::get_if<bool>(&cell)) {
                EXPECT_EQ(value, Value(std::int64_t{*truth}));
            } else if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
                EXPECT_EQ(value, Value(*whole));
            } else if (const auto* text = std::get_if<std::string>(&cell)) {
                EXPECT_EQ(value, Value(*text));
            } else {
                EXPECT_EQ(value, Value());
            }
        }
    }
}

TEST_F(PostgresQueryTest, NoTableMeansNoRows) {
    Query query(postgres_plugin(), options(), *schema_);
    EXPECT_TRUE(latest(query, "A", 10, *schema_).empty());
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.write(readings_of(*schema_, {"A"})), INGEST_OK);
    EXPECT_EQ(latest(query, "A", 10, *schema_).size(), 1U);
    sql("DROP TABLE sensor_data");
    EXPECT_TRUE(latest(query, "A", 10, *schema_).empty());
    expect_code(sink.connect(), INGEST_FATAL);
    expect_code(sink.write(readings_of(*schema_, {"A"})), INGEST_OK);
    EXPECT_EQ(latest(query, "A", 10, *schema_).size(), 1U);
}

TEST_F(PostgresQueryTest, ReadsWhatOthersWrote) {
    sql("CREATE TABLE sensor_data (id varchar PRIMARY KEY, equipment_id varchar(50),"
        " temperature double precision, vibration double precision, pressure double precision,"
        " humidity double precision, \"timestamp\" timestamptz, created_at timestamptz)");
    sql("INSERT INTO sensor_data VALUES ('no-uuid', 'A', 1, 'NaN', '-Infinity', NULL,"
        " '2025-11-24 16:00:00.123456+00', 'infinity'),"
        " ('" + to_text(uuid_of(9)) + "', 'A', 2, 3, 4, 5, '2025-11-24 16:00:00+00', now())");
    Query query(postgres_plugin(), options(), *schema_);
    auto rows = latest(query, "A", 10, *schema_);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0], (Rows::Row{{}, Value("A"), Value(some_time_us), {}, Value(1.0), {}, {}, {},
                                  {}}));
    EXPECT_EQ(rows[1][0], Value(uuid_of(9)));
    EXPECT_EQ(rows[1][7], Value(5.0));
    EXPECT_EQ(rows[1][8], Value());
    sql("ALTER TABLE sensor_data ADD COLUMN voltage double precision DEFAULT 230");
    rows = latest(query, "A", 10, *schema_);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1][8], Value(230.0));
}

}  // namespace
}  // namespace ingest::test
