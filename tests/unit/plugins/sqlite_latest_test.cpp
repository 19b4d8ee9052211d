#include "unit/plugins/sqlite_fixture.h"

namespace ingest::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using SqliteLatest = SqliteFixture;

std::vector<Uuid> ids(const Rows& rows) {
    std::vector<Uuid> ids;
    for (const auto& row : rows.rows()) ids.push_back(std::get<Uuid>(row.at(0)));
    return ids;
}

TEST_F(SqliteLatest, NewestFirstAndAtMostTheLimit) {
    model::Batch batch(*schema_);
    for (const std::int64_t time : {500, 100, 300, -200, 400}) {
        add_reading(batch, "PUMP-A1-001", {1.0, 2.0, 3.0}, time);
    }
    add_reading(batch, "FAN-B2-002", {9.0, 9.0, 9.0}, 900);
    store(batch);
    Query query = this->query();
    Rows three(*schema_, 3);
    ASSERT_TRUE(query.latest("PUMP-A1-001", 3, three).ok());
    EXPECT_EQ(three.misbehaviour(), 0);
    EXPECT_THAT(ids(three), ElementsAre(uuid_of(1), uuid_of(5), uuid_of(3)));
    Rows all(*schema_);
    ASSERT_TRUE(query.latest("PUMP-A1-001", 100, all).ok());
    EXPECT_THAT(ids(all), ElementsAre(uuid_of(1), uuid_of(5), uuid_of(3), uuid_of(2), uuid_of(4)));
    using Row = Rows::Row;
    EXPECT_EQ(all.rows()[0], (Row{uuid_of(1), "PUMP-A1-001", std::int64_t{500}, std::int64_t{1500},
                                  1.0, 2.0, 3.0, std::monostate{}, std::monostate{}}));
}

TEST_F(SqliteLatest, OfTheSameTimeTheLastThatCameIsFirst) {
    store(readings(*schema_, {{1.0, 1.0, 1.0}, {2.0, 1.0, 1.0}, {3.0, 1.0, 1.0}}));
    Query query = this->query();
    for (int i = 0; i < 2; ++i) {
        Rows rows(*schema_);
        ASSERT_TRUE(query.latest("PUMP-A1-001", 2, rows).ok());
        EXPECT_THAT(ids(rows), ElementsAre(uuid_of(3), uuid_of(2)));
    }
}

TEST_F(SqliteLatest, NothingStoredYetIsNoRows) {
    Query query = this->query();
    Rows rows(*schema_);
    EXPECT_TRUE(query.latest("PUMP-A1-001", 10, rows).ok()) << "no file";
    EXPECT_FALSE(std::filesystem::exists(path_));
    OtherProgram(path_).rows("CREATE TABLE other (a)");
    EXPECT_TRUE(query.latest("PUMP-A1-001", 10, rows).ok()) << "no table";
    store(readings(*schema_, {{1.0, 1.0, 1.0}}));
    EXPECT_TRUE(query.latest("nobody", 10, rows).ok()) << "unknown equipment";
    EXPECT_TRUE(query.latest("", 10, rows).ok());
    EXPECT_TRUE(query.latest("pump-a1-001", 10, rows).ok()) << "case matters";
    EXPECT_EQ(rows.rows().size(), 0U);
    EXPECT_TRUE(query.latest("PUMP-A1-001", 10, rows).ok());
    EXPECT_EQ(rows.rows().size(), 1U);
}

TEST_F(SqliteLatest, SeesEveryCommitAndWaitsForNoWriter) {
    Sink sink = this->sink();
    Query query = this->query({{"busy_timeout_ms", 0}});
    ASSERT_TRUE(sink.write(readings(*schema_, {{1.0, 1.0, 1.0}})).ok());
    OtherProgram writer(path_);
    writer.rows("BEGIN IMMEDIATE; UPDATE sensor_data SET temperature = 5");
    Rows during(*schema_);
    ASSERT_TRUE(query.latest("PUMP-A1-001", 10, during).ok());
    EXPECT_EQ(during.rows().at(0).at(4), Value{1.0});
    writer.rows("COMMIT");
    Rows after(*schema_);
    ASSERT_TRUE(query.latest("PUMP-A1-001", 10, after).ok());
    EXPECT_EQ(after.rows().at(0).at(4), Value{5.0});
}

TEST_F(SqliteLatest, RunsOnTheIndex) {
    store(readings(*schema_, {{1.0, 1.0, 1.0}}));
    EXPECT_THAT(OtherProgram(path_).rows(
                    "EXPLAIN QUERY PLAN SELECT id FROM sensor_data WHERE equipment_id = 'X' "
                    "ORDER BY timestamp DESC, id DESC LIMIT 10"),
                testing::Contains(HasSubstr("idx_sensor_data_equipment_timestamp")));
}

TEST_F(SqliteLatest, TheDeadlineEndsALongSearch) {
    // A view that never ends, in the table's place.
    OtherProgram(path_).rows(
        "CREATE VIEW sensor_data AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM "
        "n) SELECT i AS id, 'X' AS equipment_id, '' AS timestamp, NULL AS created_at FROM n");
    Query query = this->query();
    Rows rows(*schema_);
    EXPECT_EQ(query.latest("X", 10, rows, monotonic_ns() + 20'000'000).code, INGEST_TIMEOUT);
}

TEST_F(SqliteLatest, RowsOfOthersThatCannotBeReadAreNamed) {
    OtherProgram(path_).rows(
        "CREATE TABLE sensor_data (id TEXT PRIMARY KEY, equipment_id TEXT, timestamp TEXT);"
        "INSERT INTO sensor_data VALUES ('0190F3C48F3B70008000000000000001', 'A', "
        "'2025-11-24T16:00:00Z'), ('x', 'B', '2025-11-24 16:00:00')");
    Query query = this->query();
    Rows rows(*schema_);
    ASSERT_TRUE(query.latest("A", 10, rows).ok());
    EXPECT_EQ(rows.rows().at(0).at(0), Value{uuid_of(1)});
    EXPECT_EQ(rows.rows().at(0).at(2), Value{std::int64_t{1'764'000'000'000'000}});
    const Outcome bad = query.latest("B", 10, rows);
    EXPECT_EQ(bad.code, INGEST_FATAL);
    EXPECT_THAT(bad.message, HasSubstr("\"x\" in column id"));
}

TEST_F(SqliteLatest, AFileThatIsNoDatabaseIsFatal) {
    std::filesystem::create_directory(path_);
    Query query = this->query();
    Rows rows(*schema_);
    EXPECT_EQ(query.latest("A", 10, rows).code, INGEST_FATAL);
}

}  // namespace
}  // namespace ingest::test
