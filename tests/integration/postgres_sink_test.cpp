#include <limits>
#include <thread>

#include "integration/postgres_fixture.h"

// What the plugin writes, and into which tables.
namespace ingest::test {
namespace {

using model::ColumnType;

class PostgresSinkTest : public PostgresTest {};

constexpr const char* old_table = R"(
CREATE TABLE sensor_data (
  id varchar PRIMARY KEY,
  equipment_id varchar(50) NOT NULL,
  temperature double precision NOT NULL,
  vibration double precision NOT NULL,
  pressure double precision NOT NULL,
  humidity double precision,
  voltage double precision,
  "timestamp" timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX idx_equipment_timestamp ON sensor_data (equipment_id, "timestamp" DESC);
CREATE INDEX idx_timestamp_desc ON sensor_data ("timestamp" DESC);
CREATE INDEX ix_sensor_data_equipment_id ON sensor_data (equipment_id);
CREATE INDEX ix_sensor_data_timestamp ON sensor_data ("timestamp"))";

constexpr const char* all_columns =
    "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) ||"
    " CASE WHEN attnotnull THEN ' not null' ELSE '' END, ', ' ORDER BY attnum)"
    " FROM pg_attribute WHERE attrelid = 'sensor_data'::regclass AND attnum > 0";
constexpr const char* all_indexes =
    "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes"
    " WHERE tablename = 'sensor_data'";

TEST_F(PostgresSinkTest, MakesTheTableAtTheProbe) {
    Sink sink(postgres_plugin(), options(), *schema_);
    ASSERT_TRUE(sink.created().ok()) << sink.created().message;
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_UNKNOWN);
    expect_code(sink.connect(), INGEST_OK);
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_CONNECTED);
    EXPECT_EQ(sql_value(all_columns),
              "id uuid not null, equipment_id text not null, "
              "timestamp timestamp with time zone not null, "
              "created_at timestamp with time zone not null, "
              "temperature double precision not null, vibration double precision not null, "
              "pressure double precision not null, humidity double precision, "
              "voltage double precision");
    EXPECT_EQ(sql_value(all_indexes),
              "sensor_data_equipment_id_timestamp_idx sensor_data_pkey sensor_data_timestamp_idx");
}

TEST_F(PostgresSinkTest, KeepsDoublesBitForBit) {
    const std::vector<double> values{0.0,  -0.0, 5e-324, -2.2250738585072009e-308, 1e308, 0.1,
                                     66.1, std::numeric_limits<double>::max(), 1.0 / 3.0};
    model::Batch batch(*schema_);
    for (const double value : values) add_reading(batch, "PUMP-A1-001", {value, value, -value});
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.write(batch), INGEST_OK);
    const auto found = sql("SELECT encode(float8send(temperature), 'hex'), humidity FROM"
                           " sensor_data ORDER BY id");
    ASSERT_EQ(found.size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto row = found[static_cast<pqxx::result::size_type>(i)];
        const auto bits = std::stoull(row[0].as<std::string>(), nullptr, 16);
        EXPECT_EQ(bits, std::bit_cast<std::uint64_t>(values[i])) << values[i];
        EXPECT_TRUE(row[1].is_null());
    }
}

TEST_F(PostgresSinkTest, KeepsTimesTextsAndIds) {
    constexpr std::int64_t year_1 = -62'135'596'800'000'000;
    constexpr std::int64_t year_9999 = 253'402'300'799'999'999;
    model::Batch batch(*schema_);
    add_reading(batch, "PUMPE-Ä-😀-'\"\\{},NULL", {1.0, 2.0, 3.0, {}, 4.0}, year_1);
    add_reading(batch, "", {1.0, 2.0, 3.0}, year_9999 - 1000);
    add_reading(batch, "B", {1.0, 2.0, 3.0}, -1);
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.write(batch), INGEST_OK);
    sql("SET timezone = 'UTC'");
    const auto found = sql("SELECT id, equipment_id, timestamp::text, created_at::text, humidity,"
                           " voltage FROM sensor_data ORDER BY id");
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0][0].as<std::string>(), to_text(uuid_of(1)));
    EXPECT_EQ(found[0][1].as<std::string>(), "PUMPE-Ä-😀-'\"\\{},NULL");
    EXPECT_EQ(found[0][2].as<std::string>(), "0001-01-01 00:00:00+00");
    EXPECT_EQ(found[0][3].as<std::string>(), "0001-01-01 00:00:00.001+00");
    EXPECT_TRUE(found[0][4].is_null());
    EXPECT_EQ(found[0][5].as<double>(), 4.0);
    EXPECT_EQ(found[1][1].as<std::string>(), "");
    EXPECT_EQ(found[1][2].as<std::string>(), "9999-12-31 23:59:59.998999+00");
    EXPECT_EQ(found[1][3].as<std::string>(), "9999-12-31 23:59:59.999999+00");
    EXPECT_EQ(found[2][2].as<std::string>(), "1969-12-31 23:59:59.999999+00");
}

TEST_F(PostgresSinkTest, StoresEveryColumnType) {
    const model::Schema schema({{"whole", ColumnType::int64, true},
                                {"Odd \"name\"", ColumnType::utf8},
                                {"flag", ColumnType::boolean},
                                {"seen", ColumnType::timestamp},
                                {"batch", ColumnType::uuid}});
    model::Batch batch(schema);
    add_reading(batch, "A", {std::numeric_limits<std::int64_t>::min(), "text", true, some_time_us});
    batch.set_uuid(8, uuid_of(77));
    add_reading(batch, "B", {std::numeric_limits<std::int64_t>::max(), {}, false});
    Sink sink(postgres_plugin(), options(), schema);
    expect_code(sink.write(batch), INGEST_OK);
    EXPECT_EQ(sql_value("SELECT string_agg(concat_ws('|', whole,"
                        " coalesce(\"Odd \"\"name\"\"\", '-'),"
                        " flag, coalesce(extract(epoch FROM seen)::text, '-'),"
                        " coalesce(batch::text, '-')), ' ' ORDER BY id) FROM sensor_data"),
              "-9223372036854775808|text|t|1764000000.123456|" + to_text(uuid_of(77)) +
                  " 9223372036854775807|-|f|-|-");
}

TEST_F(PostgresSinkTest, StoresARepeatedReadingOnce) {
    model::Batch batch = readings_of(*schema_, {"A", "B", "C"});
    batch.append(readings_of(*schema_, {"A", "B"}));  // the same ids within one write
    Sink sink(postgres_plugin(), options(), *schema_);
    const model::Batch* const both[] = {&batch, &batch};
    expect_code(sink.write(both), INGEST_OK);
    expect_code(sink.write(batch), INGEST_OK);
    EXPECT_EQ(rows(), 3);
}

TEST_F(PostgresSinkTest, WritesSeveralBatchesAndEmptyOnes) {
    const model::Batch empty(*schema_);
    model::Batch many(*schema_);
    for (int i = 0; i < 3000; ++i) {
        add_reading(many, "PUMP-" + std::to_string(i), {1.0, 2.0, 3.0, i % 3 ? Cell{4.0} : null});
    }
    Sink sink(postgres_plugin(), options(), *schema_);
    const model::Batch* const all[] = {&empty, &many, &empty};
    expect_code(sink.write(all), INGEST_OK);
    expect_code(sink.write(empty), INGEST_OK);
    EXPECT_EQ(rows(), 3000);
    EXPECT_EQ(sql_value("SELECT count(*) FROM sensor_data WHERE humidity IS NULL"), "1000");
}

TEST_F(PostgresSinkTest, TakesTheOldTableAsItIs) {
    sql(old_table);
    sql("INSERT INTO sensor_data VALUES ('old-1', 'A', 1, 2, 3, NULL, NULL, now())");
    const std::string columns = sql_value(all_columns);
    const std::string indexes = sql_value(all_indexes);
    Sink sink(postgres_plugin(), options(), *schema_);
    const model::Batch batch = readings_of(*schema_, {"A", "B"});
    expect_code(sink.write(batch), INGEST_OK);
    expect_code(sink.write(batch), INGEST_OK);
    EXPECT_EQ(rows(), 3);
    EXPECT_EQ(sql_value("SELECT max(id) FROM sensor_data WHERE equipment_id = 'B'"),
              to_text(uuid_of(2)));
    EXPECT_EQ(sql_value(all_columns), columns);
    EXPECT_EQ(sql_value(all_indexes), indexes);
    EXPECT_EQ(std::count(indexes.begin(), indexes.end(), ' '), 4);
    expect_code(sink.write(readings_of(*schema_, {std::string(51, 'x')})), INGEST_REJECT,
                "22001: ");
}

TEST_F(PostgresSinkTest, AddsANewFieldAsANullableColumn) {
    sql(old_table);
    std::vector<model::Field> fields(schema_->columns().begin() + 4, schema_->columns().end());
    fields.push_back({"rpm", ColumnType::int64, true});
    const model::Schema wider(fields);
    {
        Sink sink(postgres_plugin(), options(R"(,"create_table":false)"), wider);
        expect_code(sink.connect(), INGEST_FATAL, "no column rpm");
    }
    Sink sink(postgres_plugin(), options(), wider);
    model::Batch batch(wider);
    add_reading(batch, "A", {1.0, 2.0, 3.0, {}, {}, std::int64_t{1500}});
    expect_code(sink.write(batch), INGEST_OK);
    EXPECT_EQ(sql_value("SELECT rpm FROM sensor_data"), "1500");
    EXPECT_EQ(sql_value("SELECT attnotnull FROM pg_attribute WHERE attname = 'rpm'"), "f");
}

TEST_F(PostgresSinkTest, ObeysTableAndCreateTable) {
    sql("CREATE SCHEMA plant");
    const std::string named = R"(,"table":"plant.Readings")";
    Sink cautious(postgres_plugin(), options(named + R"(,"create_table":false)"), *schema_);
    expect_code(cautious.connect(), INGEST_FATAL, "does not exist");
    EXPECT_EQ(cautious.health().code, INGEST_HEALTH_DISCONNECTED);
    Sink sink(postgres_plugin(), options(named), *schema_);
    const model::Batch batch = readings_of(*schema_, {"A"});
    expect_code(sink.write(batch), INGEST_OK);
    EXPECT_EQ(rows("plant.\"Readings\""), 1);
    expect_code(cautious.write(batch), INGEST_OK);  // somebody made it meanwhile
    Sink lost(postgres_plugin(), options(R"(,"table":"nowhere.readings")"), *schema_);
    expect_code(lost.connect(), INGEST_FATAL, "3F000: ");
}

TEST_F(PostgresSinkTest, MakesTheTableAgainWhenItWasDropped) {
    Sink sink(postgres_plugin(), options(), *schema_);
    const model::Batch batch = readings_of(*schema_, {"A"});
    expect_code(sink.write(batch), INGEST_OK);
    sql("DROP TABLE sensor_data");
    expect_code(sink.write(batch), INGEST_FATAL, "42P01: ");
    expect_code(sink.write(batch), INGEST_OK);
    EXPECT_EQ(rows(), 1);
}

TEST_F(PostgresSinkTest, RefusesAReadingThatBreaksAConstraint) {
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.connect(), INGEST_OK);
    sql("ALTER TABLE sensor_data ADD CONSTRAINT warm CHECK (temperature > 0)");
    const Outcome refused = sink.write(readings(*schema_, {{1.0, 1.0, 1.0}, {-1.0, 1.0, 1.0}}));
    expect_code(refused, INGEST_REJECT, "warm");
    EXPECT_EQ(refused.message.rfind("23514: ", 0), 0U) << refused.message;
    EXPECT_EQ(rows(), 0);
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_CONNECTED);
    expect_code(sink.write(readings(*schema_, {{1.0, 1.0, 1.0}})), INGEST_OK);
    sql("TRUNCATE sensor_data");
    sql("ALTER TABLE sensor_data ALTER COLUMN humidity SET NOT NULL");
    expect_code(sink.write(readings(*schema_, {{2.0, 1.0, 1.0}})), INGEST_REJECT, "23502: ");
}

TEST_F(PostgresSinkTest, RefusesATableThatCannotWork) {
    Sink sink(postgres_plugin(), options(), *schema_);
    sql(old_table);
    sql("ALTER TABLE sensor_data ADD COLUMN site text NOT NULL");
    expect_code(sink.connect(), INGEST_FATAL, "the column site");
    sql("ALTER TABLE sensor_data ALTER COLUMN site SET DEFAULT 'here'");
    expect_code(sink.connect(), INGEST_OK);
    Sink other(postgres_plugin(), options(), *schema_);
    sql("ALTER TABLE sensor_data ALTER COLUMN humidity TYPE real");
    expect_code(other.connect(), INGEST_FATAL, "humidity");
}

TEST_F(PostgresSinkTest, SaysWhenItMayNotWrite) {
    sql(old_table);
    sql("CREATE ROLE reader_of_" + std::to_string(getpid()) + " LOGIN");
    std::string as_reader = plugin_url();
    as_reader.replace(as_reader.find("//") + 2, as_reader.find(':', 12) - as_reader.find("//") - 2,
                      "reader_of_" + std::to_string(getpid()));
    {
        Sink sink(postgres_plugin(), R"({"url":")" + as_reader + R"("})", *schema_);
        expect_code(sink.connect(), INGEST_FATAL, "42501: ");
    }
    sql("DROP ROLE reader_of_" + std::to_string(getpid()));
    Sink standby(postgres_plugin(), options(), *schema_);
    expect_code(standby.connect(), INGEST_OK);
    admin("ALTER DATABASE " + sql_value("SELECT current_database()") +
          " SET default_transaction_read_only = on");
    kill_backends();
    expect_code(standby.connect(), INGEST_RETRY);           // the connection had ended
    expect_code(standby.connect(), INGEST_RETRY, "25006");  // the new one may only read
}

TEST_F(PostgresSinkTest, WorkersRaceToMakeTheTable) {
    constexpr int workers = 4;
    std::vector<std::unique_ptr<Sink>> sinks;
    std::vector<Outcome> outcomes(workers);
    for (int i = 0; i < workers; ++i) {
        sinks.push_back(std::make_unique<Sink>(postgres_plugin(), options(), *schema_));
    }
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < workers; ++i) {
            threads.emplace_back([&, i] {
                outcomes[i] = sinks[i]->write(readings_of(*schema_, {"A", "B"}));
            });
        }
    }
    for (const Outcome& outcome : outcomes) expect_code(outcome, INGEST_OK);
    EXPECT_EQ(rows(), 2);
    EXPECT_EQ(sql_value("SELECT count(*) FROM pg_indexes WHERE tablename = 'sensor_data'"), "3");
}

}  // namespace
}  // namespace ingest::test
