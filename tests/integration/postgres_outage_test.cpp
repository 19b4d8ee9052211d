#include "integration/postgres_fixture.h"
#include "integration/tcp_relay.h"

// What the plugin does when the server is away, wrong or silent.
namespace ingest::test {
namespace {

class PostgresOutageTest : public PostgresTest {
protected:
    // No more than is left to a call: generous, because the machine may be busy, but far below
    // "for ever".
    static constexpr std::int64_t bound_ns = 30'000'000'000;

    model::Batch one() const { return readings_of(*schema_, {"A"}); }
};

TEST_F(PostgresOutageTest, WaitsForAServerThatIsDown) {
    TcpRelay relay(server_port());
    Sink sink(postgres_plugin(), options("", relay.port()), *schema_);
    ASSERT_TRUE(sink.created().ok()) << "create must not connect";
    expect_code(sink.write(one()), INGEST_RETRY);
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_DISCONNECTED);
    relay.open();
    expect_code(sink.write(one()), INGEST_OK);
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_CONNECTED);
    relay.close();
    expect_code(sink.write(one()), INGEST_RETRY);
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_DISCONNECTED);
    relay.open();
    expect_code(sink.write(one()), INGEST_OK);
    EXPECT_EQ(rows(), 1);
}

TEST_F(PostgresOutageTest, ReconnectsAfterItsBackendWasKilled) {
    Sink sink(postgres_plugin(), options(), *schema_);
    Query query(postgres_plugin(), options(), *schema_);
    expect_code(sink.write(one()), INGEST_OK);
    Rows before(*schema_);
    expect_code(query.latest("A", 10, before), INGEST_OK);
    kill_backends();
    expect_code(sink.write(one()), INGEST_RETRY);
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_DISCONNECTED);
    expect_code(sink.write(one()), INGEST_OK);
    Rows lost(*schema_);
    expect_code(query.latest("A", 10, lost), INGEST_RETRY);
    Rows again(*schema_);
    expect_code(query.latest("A", 10, again), INGEST_OK);
    EXPECT_EQ(again.rows().size(), 1U);
}

TEST_F(PostgresOutageTest, GivesUpASilentServerInTime) {
    TcpRelay relay(server_port());
    relay.open();
    const std::string quick = R"(,"connect_timeout_s":2,"statement_timeout_s":1)";
    Sink sink(postgres_plugin(), options(quick, relay.port()), *schema_);
    Query query(postgres_plugin(), options(quick, relay.port()), *schema_);
    Rows rows(*schema_);
    expect_code(Sink(postgres_plugin(), options(), *schema_).connect(), INGEST_OK);  // the table
    expect_code(sink.write(one()), INGEST_OK);
    expect_code(query.latest("A", 10, rows), INGEST_OK);
    relay.freeze();
    const std::int64_t start = monotonic_ns();
    expect_code(sink.write(one(), start + 1'000'000'000), INGEST_RETRY, "did not answer in time");
    expect_code(query.latest("A", 10, rows, monotonic_ns() + 1'000'000'000), INGEST_RETRY,
                "did not answer in time");
    expect_code(sink.write(one()), INGEST_RETRY);  // accepted by the kernel, never answered
    expect_code(query.latest("A", 10, rows), INGEST_RETRY);
    EXPECT_LT(monotonic_ns() - start, bound_ns);
    EXPECT_EQ(sink.health().code, INGEST_HEALTH_DISCONNECTED);
    relay.open();
    expect_code(sink.write(one()), INGEST_OK);
}

TEST_F(PostgresOutageTest, WaitsNoLongerThanAStatementMayTake) {
    const std::string quick = R"(,"statement_timeout_s":1)";
    Sink sink(postgres_plugin(), options(quick), *schema_);
    expect_code(Sink(postgres_plugin(), options(), *schema_).connect(), INGEST_OK);  // the table
    expect_code(sink.connect(), INGEST_OK);
    sql("BEGIN; LOCK TABLE sensor_data IN ACCESS EXCLUSIVE MODE");
    expect_code(sink.write(one()), INGEST_RETRY, "57014: ");
    sql("ROLLBACK");
    expect_code(sink.write(one()), INGEST_OK);
}

TEST_F(PostgresOutageTest, DoesNothingAfterTheDeadline) {
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.write(one(), monotonic_ns() - 1), INGEST_TIMEOUT);
    expect_code(sink.write(one(), monotonic_ns() + bound_ns), INGEST_OK);
}

TEST_F(PostgresOutageTest, SaysThatCredentialsOrDatabaseAreWrong) {
    std::string url = plugin_url();
    Sink no_database(postgres_plugin(), R"({"url":")" + url + R"(_no"})", *schema_);
    expect_code(no_database.connect(), INGEST_FATAL, "3D000: ");
    EXPECT_EQ(no_database.health().code, INGEST_HEALTH_DISCONNECTED);
    url.insert(url.find("//") + 2, "nobody_");
    Sink no_user(postgres_plugin(), R"({"url":")" + url + R"("})", *schema_);
    expect_code(no_user.connect(), INGEST_FATAL, "28");
    Query query(postgres_plugin(), R"({"url":")" + url + R"("})", *schema_);
    Rows rows(*schema_);
    expect_code(query.latest("A", 1, rows), INGEST_FATAL, "28");
}

TEST_F(PostgresOutageTest, TakesTheNextOfSeveralHosts) {
    TcpRelay closed(server_port());
    std::string url = plugin_url();
    const std::size_t host = url.find('@') + 1;
    url.insert(host, "127.0.0.1:" + std::to_string(closed.port()) + ",");
    url.replace(0, url.find("://"), "postgresql+asyncpg");
    Sink sink(postgres_plugin(), R"({"url":")" + url + R"("})", *schema_);
    expect_code(sink.write(one()), INGEST_OK);
}

TEST_F(PostgresOutageTest, LogsChangesOnlyAndNoSecret) {
    const std::size_t before = postgres_plugin().host().lines().size();
    TcpRelay relay(server_port());
    Sink sink(postgres_plugin(), options("", relay.port()), *schema_);
    for (int i = 0; i < 5; ++i) expect_code(sink.write(one()), INGEST_RETRY);
    relay.open();
    for (int i = 0; i < 5; ++i) expect_code(sink.write(one()), INGEST_OK);
    const auto lines = postgres_plugin().host().lines();
    ASSERT_EQ(lines.size() - before, 3U) << "lost, created the table, connected";
    for (const auto& line : lines) {
        EXPECT_EQ(line.message.find(secret), std::string::npos) << line.message;
    }
}

}  // namespace
}  // namespace ingest::test
