#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "unit/plugins/sqlite_fixture.h"

namespace ingest::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using SqliteSink = SqliteFixture;

TEST_F(SqliteSink, StoresWhatAUserOfTheShellExpects) {
    model::Batch batch(*schema_);
    add_reading(batch, "PUMP-A1-001", {21.5, 0.5, 1.0, null, 230.0});
    add_reading(batch, "FAN \"é\"", {20.0, 1.0, 2.0}, -62'135'596'800'000'000);
    add_reading(batch, "FAN-B2-002", {1.0, 1.0, 2.0}, 253'402'300'799'998'999);
    store(batch);
    OtherProgram shell(path_);
    EXPECT_THAT(
        shell.rows("SELECT * FROM sensor_data ORDER BY id"),
        ElementsAre("0190f3c4-8f3b-7000-8000-000000000001|PUMP-A1-001|2025-11-24 16:00:00.123456|"
                    "2025-11-24 16:00:00.124456|21.5|0.5|1.0|NULL|230.0",
                    "0190f3c4-8f3b-7000-8000-000000000002|FAN \"é\"|0001-01-01 00:00:00.000000|"
                    "0001-01-01 00:00:00.001000|20.0|1.0|2.0|NULL|NULL",
                    "0190f3c4-8f3b-7000-8000-000000000003|FAN-B2-002|9999-12-31 23:59:59.998999|"
                    "9999-12-31 23:59:59.999999|1.0|1.0|2.0|NULL|NULL"));
    EXPECT_EQ(shell.one("SELECT id FROM sensor_data WHERE timestamp > datetime('2025-11-24 "
                        "15:00:00') AND timestamp < datetime('2025-11-24 17:00:00')"),
              "0190f3c4-8f3b-7000-8000-000000000001");
    EXPECT_EQ(shell.one("SELECT group_concat(DISTINCT typeof(temperature)) FROM sensor_data"),
              "real");
    EXPECT_THAT(shell.rows("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
                           "ORDER BY name"),
                ElementsAre(HasSubstr("(\"equipment_id\", \"timestamp\" DESC)"),
                            HasSubstr("(\"timestamp\" DESC)")));
}

TEST_F(SqliteSink, DoublesComeBackBitForBit) {
    const std::vector<double> values{-0.0,   0.0,
                                     5e-324, -2.2250738585072011e-308,
                                     1e308,  std::numeric_limits<double>::max(),
                                     0.1,    1.0 / 3.0,
                                     20.0,   9007199254740993.0,
                                     -1e18};
    model::Batch batch(*schema_);
    for (size_t i = 0; i < values.size(); ++i) {
        add_reading(batch, "X", {values[i], 0.0, 0.0}, static_cast<std::int64_t>(i));
    }
    store(batch);
    Rows rows(*schema_);
    ASSERT_TRUE(query().latest("X", 100, rows).ok());
    ASSERT_EQ(rows.rows().size(), values.size());
    for (size_t i = 0; i < values.size(); ++i) {
        const double back = std::get<double>(rows.rows()[values.size() - 1 - i][4]);
        EXPECT_EQ(std::memcmp(&back, &values[i], sizeof back), 0) << values[i] << " " << back;
    }
}

TEST_F(SqliteSink, EveryColumnTypeComesBack) {
    using model::ColumnType;
    const model::Schema schema({{"count", ColumnType::int64},
                                {"order", ColumnType::utf8},
                                {"a \"b\"", ColumnType::boolean},
                                {"calibrated", ColumnType::timestamp},
                                {"part", ColumnType::uuid}});
    model::Batch batch(schema);
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    add_reading(batch, "X", {least, "é'\n", true, std::int64_t{-1}}, 1);
    batch.set_uuid(model::column_first_field + 4, uuid_of(255));
    add_reading(batch, "X", {null, "", false}, 0);
    Sink sink(plugin_, options(), schema);
    ASSERT_TRUE(sink.write(batch).ok());
    Rows rows(schema);
    ASSERT_TRUE(Query(plugin_, options(), schema).latest("X", 10, rows).ok());
    EXPECT_EQ(rows.misbehaviour(), 0);
    using Row = Rows::Row;
    EXPECT_THAT(
        rows.rows(),
        ElementsAre(Row{uuid_of(1), "X", std::int64_t{1}, std::int64_t{1001}, least, "é'\n",
                        std::int64_t{1}, std::int64_t{-1}, uuid_of(255)},
                    Row{uuid_of(2), "X", std::int64_t{0}, std::int64_t{1000}, std::monostate{}, "",
                        std::int64_t{0}, std::monostate{}, std::monostate{}}));
}

TEST_F(SqliteSink, AReadingIsStoredOnce) {
    const auto first = readings(*schema_, {{1.0, 1.0, 1.0}, {2.0, 2.0, 2.0}});
    const auto again = readings(*schema_, {{9.0, 9.0, 9.0}, {9.0, 9.0, 9.0}, {3.0, 3.0, 3.0}});
    Sink sink = this->sink();
    ASSERT_TRUE(sink.write(first).ok());
    ASSERT_TRUE(sink.write(again).ok());
    EXPECT_THAT(OtherProgram(path_).rows("SELECT temperature FROM sensor_data ORDER BY id"),
                ElementsAre("1.0", "2.0", "3.0"));
}

TEST_F(SqliteSink, MakesDirectoriesAndUsesTheWal) {
    Sink sink = this->sink({{"path", (directory_ / "a/b/readings.db").string()}});
    ASSERT_TRUE(sink.connect().ok());
    OtherProgram shell(directory_ / "a/b/readings.db");
    EXPECT_EQ(shell.one("PRAGMA journal_mode"), "wal");
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_CONNECTED);
}

TEST_F(SqliteSink, EverythingIsThereAfterReopening) {
    model::Batch batch(*schema_);
    for (int i = 0; i < 5000; ++i) add_reading(batch, "X", {i * 1.0, 0.0, 0.0});
    store(batch);
    EXPECT_FALSE(std::filesystem::exists(path_.string() + "-wal")) << "closed cleanly";
    EXPECT_EQ(count(), "5000");
    store(readings(*schema_, {{1.0, 1.0, 1.0}}));
    EXPECT_EQ(count(), "5000");
}

TEST_F(SqliteSink, NewFieldsBecomeColumns) {
    store(readings(*schema_, {{1.0, 1.0, 1.0}}));
    const model::Schema more(
        {{"temperature", model::ColumnType::float64}, {"NOTE", model::ColumnType::utf8}});
    Rows before(more);
    ASSERT_TRUE(Query(plugin_, options(), more).latest("PUMP-A1-001", 10, before).ok());
    EXPECT_EQ(before.rows().at(0).at(5), Value{});

    Query query(plugin_, options(), more);
    Rows early(more);
    ASSERT_TRUE(query.latest("X", 10, early).ok());
    Sink sink(plugin_, options(), more);
    model::Batch batch(more);
    for (int i = 0; i < 2; ++i) add_reading(batch, "X", {2.0, "new"});
    ASSERT_TRUE(sink.write(batch).ok());
    EXPECT_THAT(OtherProgram(path_).rows(
                    "SELECT temperature, vibration, note FROM sensor_data ORDER BY id"),
                ElementsAre("1.0|1.0|NULL", "2.0|NULL|new"));
    Rows after(more);
    ASSERT_TRUE(query.latest("X", 10, after).ok());
    EXPECT_EQ(after.rows().at(0).at(5), Value{"new"});
}

TEST_F(SqliteSink, TablesOfOthersAreAdapted) {
    OtherProgram(path_).rows(
        "CREATE TABLE sensor_data (ID TEXT UNIQUE, equipment_id TEXT, "
        "timestamp TEXT, temperature REAL, remark TEXT DEFAULT 'kept')");
    store(readings(*schema_, {{1.5, 0.5, 1.0}}));
    EXPECT_EQ(OtherProgram(path_).one("SELECT temperature, vibration, created_at, remark "
                                      "FROM sensor_data"),
              "1.5|0.5|2025-11-24 16:00:00.124456|kept");
}

TEST_F(SqliteSink, TablesThatCannotBeAdaptedAreFatal) {
    for (const char* columns : {"a", "id TEXT PRIMARY KEY, equipment_id TEXT",
                                "id TEXT, equipment_id TEXT, timestamp TEXT"}) {
        OtherProgram other(path_);
        other.rows(std::string("CREATE TABLE sensor_data (") + columns + ")");
        Sink sink = this->sink();
        const Outcome connected = sink.connect();
        EXPECT_EQ(connected.code, INGEST_FATAL) << columns;
        EXPECT_FALSE(connected.message.empty());
        EXPECT_EQ(sink.health().code, INGEST_HEALTH_DISCONNECTED);
        other.rows("DROP TABLE sensor_data");
        EXPECT_TRUE(sink.connect().ok());
        other.rows("DROP TABLE sensor_data");
    }
}

TEST_F(SqliteSink, ConstraintsRejectAndKeepNothing) {
    OtherProgram(path_).rows(
        "CREATE TABLE sensor_data (id TEXT PRIMARY KEY, equipment_id TEXT, timestamp TEXT, "
        "temperature REAL CHECK (temperature < 100), voltage REAL NOT NULL, serial TEXT UNIQUE "
        "DEFAULT 'same')");
    Sink sink = this->sink();
    const Outcome checked =
        sink.write(readings(*schema_, {{1.0, 1.0, 1.0, null, 1.0}, {100.0, 1.0, 1.0, null, 1.0}}));
    EXPECT_EQ(checked.code, INGEST_REJECT);
    EXPECT_THAT(checked.message, HasSubstr("CHECK constraint failed"));
    EXPECT_EQ(sink.write(readings(*schema_, {{1.0, 1.0, 1.0}})).code, INGEST_REJECT);
    EXPECT_EQ(count(), "0");
    const auto good = readings(*schema_, {{1.0, 1.0, 1.0, null, 1.0}});
    ASSERT_TRUE(sink.write(good).ok());
    ASSERT_TRUE(sink.write(good).ok());
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_CONNECTED);
    // A conflict on anything but the id is no repetition.
    model::Batch other = readings(*schema_, {{1.0, 1.0, 1.0, null, 1.0}});
    add_reading(other, "X", {1.0, 1.0, 1.0, null, 1.0});
    EXPECT_EQ(sink.write(other).code, INGEST_REJECT);
}

TEST_F(SqliteSink, ALockedDatabaseIsRetried) {
    store(readings(*schema_, {{1.0, 1.0, 1.0}}));
    OtherProgram other(path_);
    other.rows("BEGIN IMMEDIATE");
    const auto more = readings(*schema_, {{1.0, 1.0, 1.0}, {2.0, 2.0, 2.0}});
    Sink fresh = sink({{"busy_timeout_ms", 20}});
    EXPECT_EQ(fresh.write(more).code, INGEST_RETRY);
    other.rows("COMMIT");
    EXPECT_TRUE(fresh.write(more).ok());
    other.rows("BEGIN IMMEDIATE");
    const Outcome locked = fresh.write(more);
    EXPECT_EQ(locked.code, INGEST_RETRY);
    EXPECT_THAT(locked.message, HasSubstr("lock"));
    EXPECT_EQ(fresh.health().code, INGEST_HEALTH_DISCONNECTED);
    // The deadline is nearer than the timeout.
    Sink patient = sink({{"busy_timeout_ms", 3'600'000}});
    EXPECT_NE(patient.write(more, monotonic_ns() + 20'000'000).code, INGEST_OK);
    EXPECT_EQ(patient.write(more, monotonic_ns() - 1).code, INGEST_TIMEOUT);
    other.rows("COMMIT");
    EXPECT_TRUE(patient.write(more).ok());
    EXPECT_EQ(count(), "2");
}

TEST_F(SqliteSink, SeveralWorkersShareAFile) {
    Sink one = sink();
    Sink two = sink();
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(one.write(readings(*schema_, {{1.0, 1.0, 1.0}})).ok());
        ASSERT_TRUE(two.write(readings(*schema_, {{1.0, 1.0, 1.0}, {2.0, 2.0, 2.0}})).ok());
    }
    EXPECT_EQ(count(), "2");
}

TEST_F(SqliteSink, PathsThatAreNoFileAreFatal) {
    std::filesystem::create_directory(path_);
    EXPECT_EQ(sink().connect().code, INGEST_FATAL);
    std::ofstream(directory_ / "file") << "text";
    EXPECT_EQ(sink({{"path", (directory_ / "file/readings.db").string()}}).connect().code,
              INGEST_FATAL);
    std::ofstream(directory_ / "text.db") << std::string(5000, 'x');
    const Outcome text = sink({{"path", (directory_ / "text.db").string()}}).connect();
    EXPECT_EQ(text.code, INGEST_FATAL);
    EXPECT_THAT(text.message, HasSubstr("no SQLite database"));
}

TEST_F(SqliteSink, AFileThatWasDeletedIsMadeAnew) {
    Sink sink = this->sink();
    Query query = this->query();
    const auto batch = readings(*schema_, {{1.0, 1.0, 1.0}});
    Rows rows(*schema_);
    ASSERT_TRUE(sink.write(batch).ok());
    ASSERT_TRUE(query.latest("PUMP-A1-001", 1, rows).ok());
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::filesystem::remove(path_.string() + suffix);
    }
    ASSERT_TRUE(sink.write(batch).ok());
    EXPECT_EQ(count(), "1");
    ASSERT_TRUE(sink.write(readings(*schema_, {{1.0, 1.0, 1.0}, {2.0, 2.0, 2.0}})).ok());
    Rows fresh(*schema_);
    ASSERT_TRUE(query.latest("PUMP-A1-001", 10, fresh).ok());
    EXPECT_EQ(fresh.rows().size(), 2U);
}

TEST_F(SqliteSink, ATableThatWasDroppedIsMadeAnew) {
    Sink sink = this->sink();
    const auto batch = readings(*schema_, {{1.0, 1.0, 1.0}});
    ASSERT_TRUE(sink.write(batch).ok());
    OtherProgram(path_).rows("DROP TABLE sensor_data");
    EXPECT_NE(sink.write(batch).code, INGEST_OK);
    EXPECT_TRUE(sink.write(batch).ok());
    EXPECT_EQ(count(), "1");
}

TEST_F(SqliteSink, AFullDiskIsRetriedAndHeals) {
    const auto disk = directory_ / "disk";
    std::filesystem::create_directory(disk);
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
        GTEST_SKIP() << "no tmpfs can be mounted: " << std::strerror(errno);
    }
    const struct Mounted {
        std::filesystem::path at;
        ~Mounted() { umount2(at.c_str(), MNT_DETACH); }
    } mounted{disk};
    model::Batch batch(*schema_);
    for (int i = 0; i < 500; ++i) add_reading(batch, "X", {i * 1.0, 0.0, 0.0});
    Sink sink = this->sink({{"path", (disk / "readings.db").string()}});
    ASSERT_TRUE(sink.write(readings(*schema_, {{1.0, 1.0, 1.0}})).ok());
    std::ofstream ballast(disk / "ballast", std::ios::binary);
    while (ballast.write(std::string(4096, 'x').c_str(), 4096).flush()) {
    }
    ballast.close();
    for (int i = 0; i < 3; ++i) {
        const Outcome full = sink.write(batch);
        EXPECT_EQ(full.code, INGEST_RETRY) << full.message;
    }
    std::filesystem::remove(disk / "ballast");
    const Outcome healed = sink.write(batch);
    EXPECT_TRUE(healed.ok()) << healed.message;
    EXPECT_EQ(OtherProgram(disk / "readings.db").one("SELECT count(*) FROM sensor_data"), "500");
}

TEST_F(SqliteSink, LogsOnlyChangesOfItsState) {
    Sink sink = this->sink({{"busy_timeout_ms", 0}});
    const auto batch = readings(*schema_, {{1.0, 1.0, 1.0}});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(sink.write(batch).ok());
    OtherProgram other(path_);
    other.rows("BEGIN IMMEDIATE");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(sink.write(batch).code, INGEST_RETRY);
    const auto lines = plugin_.host().lines();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].level, INGEST_LOG_INFO);
    EXPECT_EQ(lines[1].level, INGEST_LOG_WARN);
}

TEST_F(SqliteSink, OptionsThatCannotWorkAreRefused) {
    for (const json& bad :
         {json{{"path", ""}}, json{{"path", ":memory:"}}, json{{"path", "file:x"}},
          json{{"path", 1}}, json{{"table", ""}}, json{{"table", "sqlite_x"}},
          json{{"busy_timeout_ms", -1}}, json{{"busy_timeout_ms", "1"}}}) {
        EXPECT_EQ(sink(bad).created().code, INGEST_CONFIG) << bad;
        EXPECT_EQ(query(bad).created().code, INGEST_CONFIG) << bad;
    }
    EXPECT_EQ(Sink(plugin_, "{}", *schema_).created().code, INGEST_CONFIG);
    const model::Schema clash({{"Created_At", model::ColumnType::utf8}});
    EXPECT_EQ(Sink(plugin_, options(), clash).created().code, INGEST_CONFIG);
    EXPECT_FALSE(std::filesystem::exists(path_)) << "create must not open the file";
}

TEST_F(SqliteSink, TheManifestIsJson) {
    const auto manifest = json::parse(plugin_.manifest());
    EXPECT_EQ(manifest.at("kind"), "sink");
    for (const auto& option : manifest.at("options")) {
        EXPECT_FALSE(option.at("description").get<std::string>().empty());
    }
    EXPECT_EQ(plugin_.id(), "sqlite-sink");
}

}  // namespace
}  // namespace ingest::test
