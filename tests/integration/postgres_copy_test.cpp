#include <future>

#include "integration/postgres_fixture.h"
#include "integration/tcp_relay.h"

// Which writes go by COPY, and what becomes of those that it refuses.
namespace ingest::test {
namespace {

using model::ColumnType;

class PostgresCopyTest : public PostgresTest {
protected:
    // Counts what is tried: a sequence keeps its value when a statement is rolled back.
    void count_writes(const std::string& table = "sensor_data") {
        sql("CREATE SEQUENCE copies; CREATE SEQUENCE inserts;"
            "GRANT USAGE ON copies, inserts TO PUBLIC;"
            "CREATE FUNCTION count_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  IF current_query() LIKE 'COPY %' THEN PERFORM nextval('public.copies');"
            "  ELSE PERFORM nextval('public.inserts'); END IF;"
            "  RETURN NULL; END $$;"
            "CREATE TRIGGER count_write BEFORE INSERT ON " + table +
            " FOR EACH STATEMENT EXECUTE FUNCTION count_write()");
    }
    // "COPYs INSERTs", since count_writes().
    std::string writes() {
        return sql_value("SELECT concat_ws(' ', coalesce(pg_sequence_last_value('copies'), 0),"
                         " coalesce(pg_sequence_last_value('inserts'), 0))");
    }

    // Readings with the ids from `first` on.
    model::Batch numbered(std::uint64_t first, std::uint64_t count) const {
        model::Batch batch(*schema_);
        for (std::uint64_t i = 0; i < count; ++i) {
            add_reading(batch, "PUMP-" + std::to_string(first + i), {20.0, 0.5, 1.0});
            batch.set_uuid(model::column_reading_id, uuid_of(first + i));
        }
        return batch;
    }

    // Lets every write wait in the server at the reading of this equipment, until let_go().
    void hold_up(const std::string& equipment_id) {
        sql("CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;"
            "CREATE TRIGGER hold_up BEFORE INSERT ON sensor_data FOR EACH ROW"
            " WHEN (NEW.equipment_id = '" + equipment_id + "') EXECUTE FUNCTION hold_up();"
            "SELECT pg_advisory_lock(1)");
    }
    void await_hold_up() {
        await("SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
              " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()",
              "1");
    }
    void let_go() { sql("SELECT pg_advisory_unlock(1)"); }
    // Until the server has `expected` as the value of a statement.
    void await(const std::string& statement, const std::string& expected) {
        const std::int64_t until = monotonic_ns() + 60'000'000'000;
        while (sql_value(statement) != expected) {
            ASSERT_LT(monotonic_ns(), until) << statement << " is not " << expected;
        }
    }

    // Options with a role of its own, which may log in.
    std::string options_of_writer() {
        writer_ = "writer_of_" + std::to_string(getpid());
        sql("CREATE ROLE " + writer_ + " LOGIN");
        std::string url = plugin_url();
        const std::size_t user = url.find("//") + 2;
        url.replace(user, url.find(':', user) - user, writer_);
        return R"({"url":")" + url + R"("})";
    }
    void TearDown() override {
        if (!writer_.empty()) {
            sql("REASSIGN OWNED BY " + writer_ + " TO CURRENT_USER; DROP OWNED BY " + writer_ +
                "; DROP ROLE " + writer_);
        }
        PostgresTest::TearDown();
    }

    std::string writer_;
};

TEST_F(PostgresCopyTest, CopiesWhatIsNew) {
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.connect(), INGEST_OK);
    count_writes();
    const model::Batch first = numbered(1, 3);
    const model::Batch second = numbered(4, 5000);
    const model::Batch* const both[] = {&first, &second};
    expect_code(sink.write(both), INGEST_OK);
    expect_code(sink.write(numbered(5004, 1)), INGEST_OK);
    EXPECT_EQ(rows(), 5004);
    EXPECT_EQ(writes(), "2 0");
    EXPECT_EQ(sql_value("SELECT equipment_id FROM sensor_data WHERE id = '" +
                        to_text(uuid_of(5003)) + "'"),
              "PUMP-5003");
}

// The first reading is the repeated one: the server refuses while most of the rows are on the way.
TEST_F(PostgresCopyTest, StoresNewReadingsBesidesARepeatedOne) {
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.connect(), INGEST_OK);
    count_writes();
    expect_code(sink.write(numbered(1, 1)), INGEST_OK);
    expect_code(sink.write(numbered(1, 20'000)), INGEST_OK);
    EXPECT_EQ(rows(), 20'000);
    EXPECT_EQ(writes(), "2 1");
}

TEST_F(PostgresCopyTest, StoresOnceWhatIsTwiceInAWrite) {
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.connect(), INGEST_OK);
    count_writes();
    model::Batch batch = numbered(1, 3);
    batch.append(numbered(2, 3));
    expect_code(sink.write(batch), INGEST_OK);
    EXPECT_EQ(rows(), 4);
    EXPECT_EQ(writes(), "1 1");
}

TEST_F(PostgresCopyTest, InsertsForAWhileAfterARefusal) {
    constexpr std::uint64_t inserts_after_refusal = 20;
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.connect(), INGEST_OK);
    count_writes();
    expect_code(sink.write(numbered(1, 1)), INGEST_OK);
    expect_code(sink.write(numbered(1, 1)), INGEST_OK);
    EXPECT_EQ(writes(), "2 1");
    for (std::uint64_t i = 0; i < inserts_after_refusal; ++i) {
        expect_code(sink.write(numbered(2 + i, 1)), INGEST_OK);
    }
    EXPECT_EQ(writes(), "2 21");
    expect_code(sink.write(numbered(100, 2)), INGEST_OK);
    EXPECT_EQ(writes(), "3 21");
    EXPECT_EQ(rows(), 23);
}

TEST_F(PostgresCopyTest, CopiesIdsIntoTextAndValuesIntoDomains) {
    sql("CREATE DOMAIN percent AS double precision CHECK (VALUE <= 100);"
        "CREATE TABLE sensor_data (id varchar(36) PRIMARY KEY, equipment_id varchar(50) NOT NULL,"
        " temperature double precision, vibration double precision, pressure double precision,"
        " humidity percent, voltage double precision, \"timestamp\" timestamptz NOT NULL,"
        " created_at timestamptz NOT NULL)");
    count_writes();
    Sink sink(postgres_plugin(), options(), *schema_);
    model::Batch batch = readings(*schema_, {{1.0, 2.0, 3.0, 100.0, 5.0}, {1.0, 2.0, 3.0}});
    expect_code(sink.write(batch), INGEST_OK);
    EXPECT_EQ(writes(), "1 0");
    EXPECT_EQ(sql_value("SELECT concat_ws(' ', id, equipment_id, temperature, vibration, pressure,"
                        " humidity, voltage, extract(epoch FROM \"timestamp\"),"
                        " extract(epoch FROM created_at)) FROM sensor_data WHERE voltage = 5"),
              to_text(uuid_of(1)) +
                  " PUMP-A1-001 1 2 3 100 5 1764000000.123456 1764000000.124456");
    expect_code(sink.write(readings(*schema_, {{1.0, 2.0, 3.0, 100.5}})), INGEST_REJECT,
                "23514: ");
}

TEST_F(PostgresCopyTest, InsertsIntoSmallerIntegers) {
    sql("CREATE TABLE sensor_data (id uuid PRIMARY KEY, equipment_id text, \"timestamp\""
        " timestamptz, created_at timestamptz, rpm integer, gear smallint)");
    count_writes();
    const model::Schema schema({{"rpm", ColumnType::int64}, {"gear", ColumnType::int64}});
    Sink sink(postgres_plugin(), options(), schema);
    const auto write = [&](std::int64_t rpm, std::int64_t gear) {
        return sink.write(readings(schema, {{rpm, gear}}));
    };
    expect_code(write(-2'147'483'648, 32'767), INGEST_OK);
    EXPECT_EQ(sql_value("SELECT concat_ws(' ', rpm, gear) FROM sensor_data"), "-2147483648 32767");
    expect_code(write(2'147'483'648, 0), INGEST_REJECT, "22003: ");
    expect_code(write(0, -32'769), INGEST_REJECT, "22003: ");
    EXPECT_EQ(writes(), "0 3");
    EXPECT_EQ(rows(), 1);
}

// As the host does it: what is refused together is written again one by one.
TEST_F(PostgresCopyTest, RefusesTheBadReadingAlone) {
    Sink maker(postgres_plugin(), options(), *schema_);
    expect_code(maker.connect(), INGEST_OK);
    count_writes();
    sql("ALTER TABLE sensor_data ALTER equipment_id TYPE varchar(50),"
        " ADD CONSTRAINT warm CHECK (temperature > 0)");
    struct Case {
        std::string equipment_id;
        double temperature;
        std::string message;
    };
    for (const Case& bad : {Case{"COLD", -1.0, "warm"}, Case{std::string(51, 'x'), 1.0, "22001: "},
                            Case{std::string("A\0B", 3), 1.0, "22021: "}}) {
        Sink sink(postgres_plugin(), options(), *schema_);
        model::Batch singles[] = {numbered(1, 1), readings_of(*schema_, {bad.equipment_id}),
                                  numbered(3, 1)};
        singles[1].set_float64(model::column_first_field, bad.temperature);
        singles[1].set_uuid(model::column_reading_id, uuid_of(2));
        model::Batch all(*schema_);
        for (const model::Batch& single : singles) all.append(single);
        expect_code(sink.write(all), INGEST_REJECT, bad.message);
        EXPECT_EQ(rows(), 0);
        expect_code(sink.write(singles[0]), INGEST_OK);
        expect_code(sink.write(singles[1]), INGEST_REJECT, bad.message);
        expect_code(sink.write(singles[2]), INGEST_OK);
        EXPECT_EQ(rows(), 2);
        EXPECT_EQ(sink.health().code, INGEST_HEALTH_CONNECTED);
        sql("TRUNCATE sensor_data");
    }
    EXPECT_EQ(sql_value("SELECT pg_sequence_last_value('copies')"), "3");
}

TEST_F(PostgresCopyTest, InsertsWhereRowsAreSecured) {
    Sink maker(postgres_plugin(), options(), *schema_);
    expect_code(maker.connect(), INGEST_OK);
    count_writes();
    Sink sink(postgres_plugin(), options_of_writer(), *schema_);
    sql("ALTER TABLE sensor_data OWNER TO " + writer_ +
        "; ALTER TABLE sensor_data ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
        "CREATE POLICY ours ON sensor_data USING (equipment_id LIKE 'PUMP-%')");
    expect_code(sink.write(numbered(1, 3)), INGEST_OK);
    expect_code(sink.write(numbered(2, 3)), INGEST_OK);
    EXPECT_EQ(rows(), 4);
    EXPECT_EQ(writes(), "0 2");
}

TEST_F(PostgresCopyTest, NeedsNoMoreThanToInsertTheColumns) {
    Sink maker(postgres_plugin(), options(), *schema_);
    expect_code(maker.connect(), INGEST_OK);
    count_writes();
    Sink sink(postgres_plugin(), options_of_writer(), *schema_);
    sql("ALTER TABLE sensor_data ADD COLUMN note text DEFAULT 'none';"
        "GRANT INSERT (id, equipment_id, \"timestamp\", created_at, temperature, vibration,"
        " pressure, humidity, voltage) ON sensor_data TO " + writer_);
    expect_code(sink.connect(), INGEST_OK);
    expect_code(sink.write(numbered(1, 3)), INGEST_OK);
    expect_code(sink.write(numbered(2, 3)), INGEST_OK);
    EXPECT_EQ(rows(), 4);
    EXPECT_EQ(writes(), "2 2");
}

TEST_F(PostgresCopyTest, CopiesIntoAViewThatHasTriggers) {
    Sink maker(postgres_plugin(), options(), *schema_);
    expect_code(maker.connect(), INGEST_OK);
    sql("CREATE VIEW incoming AS SELECT * FROM sensor_data;"
        "CREATE FUNCTION pass_on() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        "  INSERT INTO sensor_data SELECT NEW.* ON CONFLICT DO NOTHING; RETURN NEW; END $$;"
        "CREATE TRIGGER pass_on INSTEAD OF INSERT ON incoming FOR EACH ROW"
        " EXECUTE FUNCTION pass_on()");
    count_writes("incoming");
    Sink sink(postgres_plugin(), options(R"(,"table":"incoming")"), *schema_);
    expect_code(sink.write(numbered(1, 3)), INGEST_OK);
    expect_code(sink.write(numbered(2, 3)), INGEST_OK);
    EXPECT_EQ(rows(), 4);
    EXPECT_EQ(writes(), "2 0");
}

TEST_F(PostgresCopyTest, InsertsIntoAViewWithoutTriggers) {
    Sink maker(postgres_plugin(), options(), *schema_);
    expect_code(maker.connect(), INGEST_OK);
    count_writes();
    sql("CREATE VIEW incoming AS SELECT * FROM sensor_data");
    Sink sink(postgres_plugin(), options(R"(,"table":"incoming")"), *schema_);
    expect_code(sink.write(numbered(1, 3)), INGEST_OK);
    expect_code(sink.write(numbered(2, 3)), INGEST_OK);
    EXPECT_EQ(rows(), 4);
    EXPECT_EQ(writes(), "0 2");
}

// Only COPY can fill it: INSERT ... ON CONFLICT finds no index to ask.
TEST_F(PostgresCopyTest, WaitsWhenADeferredKeyIsRepeated) {
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.connect(), INGEST_OK);
    sql("ALTER TABLE sensor_data DROP CONSTRAINT sensor_data_pkey,"
        " ADD PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED");
    expect_code(sink.write(numbered(1, 3)), INGEST_OK);
    expect_code(sink.write(numbered(3, 2)), INGEST_RETRY, "55000: ");
    EXPECT_EQ(rows(), 3);
}

TEST_F(PostgresCopyTest, StoresNothingWhenItsBackendIsKilledOnTheWay) {
    Sink sink(postgres_plugin(), options(), *schema_);
    expect_code(sink.connect(), INGEST_OK);
    hold_up("PUMP-15000");
    auto written = std::async(std::launch::async, [&] { return sink.write(numbered(1, 20'000)); });
    await_hold_up();
    EXPECT_EQ(sql_value("SELECT command || ' ' || (tuples_processed > 10000)"
                        " FROM pg_stat_progress_copy WHERE datname = current_database()"),
              "COPY FROM true");
    kill_backends();
    expect_code(written.get(), INGEST_RETRY);
    EXPECT_EQ(rows(), 0);
    let_go();
    expect_code(sink.write(numbered(1, 20'000)), INGEST_OK);
    EXPECT_EQ(rows(), 20'000);
}

TEST_F(PostgresCopyTest, StoresOnceWhatWasStoredWithoutAnAnswer) {
    TcpRelay relay(server_port());
    relay.open();
    Sink sink(postgres_plugin(), options("", relay.port()), *schema_);
    expect_code(sink.connect(), INGEST_OK);
    hold_up("PUMP-9");
    auto written = std::async(std::launch::async, [&] { return sink.write(numbered(1, 9)); });
    await_hold_up();  // the server has all of it: it fits in one segment
    relay.close();
    expect_code(written.get(), INGEST_RETRY);
    EXPECT_EQ(rows(), 0);
    let_go();
    await("SELECT count(*) FROM sensor_data", "9");
    relay.open();
    expect_code(sink.write(numbered(1, 10)), INGEST_OK);
    EXPECT_EQ(rows(), 10);
}

}  // namespace
}  // namespace ingest::test
