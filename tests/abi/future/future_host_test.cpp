#include <array>
#include <cstring>
#include <set>

#include <gmock/gmock.h>

#include "abi/drive.h"
#include "plugin/handshake.h"
#include "support/temp_dir.h"

// The host's rooms `model` and `plugin` as a host of minor 1 would have them: compiled with the
// headers that future/make_headers.py makes. Nothing of their source is another.
namespace ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(FutureHost, HasLargerStructs) {
    ASSERT_EQ(INGEST_ABI_MINOR, 1U);
    EXPECT_GT(sizeof(ingest_plugin), INGEST_PLUGIN_SIZE_0);
    EXPECT_GT(sizeof(ingest_validator), INGEST_VALIDATOR_SIZE_0);
    EXPECT_GT(sizeof(ingest_sink), INGEST_SINK_SIZE_0);
    EXPECT_GT(sizeof(ingest_query), INGEST_QUERY_SIZE_0);
    EXPECT_GT(sizeof(ingest_batch), INGEST_BATCH_SIZE_0);
    EXPECT_GT(sizeof(ingest_error), INGEST_ERROR_SIZE_0);
}

// Every plugin and example of the build, all of minor 0.
TEST(FutureHost, TakesTodaysPluginsAndSeesNoneOfTheNewFunctions) {
    std::set<std::string> taken;
    for (const char* folder : {"plugins", "examples"}) {
        if (!std::filesystem::exists(test::built(folder))) continue;
        for (const auto& entry : std::filesystem::directory_iterator(test::built(folder))) {
            if (entry.path().extension() != ".so") continue;
            const auto library = test::load(entry.path());
            taken.insert(library->identity().id);
            EXPECT_EQ(library->identity().built_minor, 0U);
            if (library->validator()) {
                EXPECT_EQ(library->validator()->describe, nullptr);
            }
            if (library->sink()) {
                EXPECT_EQ(library->sink()->rest, nullptr);
            }
            if (library->query()) {
                EXPECT_EQ(library->query()->count, nullptr);
            }
        }
    }
    EXPECT_THAT(taken, ::testing::IsSupersetOf({"equipment-id", "postgres-sink", "range",
                                                "redis-sink", "rules", "sqlite-sink"}));
}

TEST(FutureHost, DrivesTodaysValidator) {
    const auto library = test::load(test::built("plugins/range.so"));
    const auto schema = test::sensor_schema();
    const auto validator =
        test::make<plugin::Validator>(*library, R"({"temperature":{"max":100}})", *schema);
    const model::Batch batch = test::readings(*schema, {{20.0, 0.5, 1.0}, {120.0, 0.5, 1.0}});
    test::Shown shown(batch);
    shown.batch().attempt = 3;
    plugin::Report report;
    report.begin(batch, validator->promises());
    ingest_report table = report.table();
    ASSERT_TRUE(validator->validate(shown.batch(), table).ok());
    EXPECT_THAT(test::told(report),
                ElementsAre("row 1 reject 4 out_of_range: is 120; must be at most 100"));
}

TEST(FutureHost, DrivesTodaysSinkAndQuery) {
    const auto library = test::load(test::built("plugins/sqlite-sink.so"));
    const test::TempDir dir;
    const std::string options =
        R"({"path":")" + (dir.path() / "readings.db").string() + R"("})";
    const auto schema = test::sensor_schema();
    const auto sink = test::make<plugin::Sink>(*library, options, *schema);
    const model::Batch batch = test::readings(*schema, {{20.0, 0.5, 1.0}, {21.0, 0.5, 1.0}});
    test::Shown shown(batch);
    const ingest_batch* const batches[] = {&shown.batch()};
    const plugin::Answer written = sink->write(batches);
    ASSERT_TRUE(written.ok()) << written.message;
    EXPECT_TRUE(sink->connected());
    const auto query = test::make<plugin::Query>(*library, options, *schema);
    model::Batch rows(*schema);
    const plugin::Answer answer = query->latest("PUMP-A1-001", 5, 0, rows);
    ASSERT_TRUE(answer.ok()) << answer.message;
    EXPECT_EQ(rows.rows(), 2);
}

TEST(FutureHost, TodaysPluginNamesWhatIsWrongWithItsOptions) {
    const auto library = test::load(test::built("plugins/range.so"));
    const auto schema = test::sensor_schema();
    plugin::Answer failure;
    EXPECT_FALSE(plugin::Validator::create(*library, R"({"temprature":{}})", *schema, failure));
    EXPECT_EQ(failure.code, INGEST_CONFIG);
    EXPECT_THAT(failure.message, HasSubstr("/temprature")) << "ingest_error is larger now";
}

// What a host of minor 1 has for its plugins, which the rooms as they are today have not.
struct Notes {
    std::vector<std::int64_t> rows;
    static std::int64_t unix_us(void*) { return test::some_time_us; }
    static std::int32_t note(void* ctx, std::int64_t row, ingest_str) {
        static_cast<Notes*>(ctx)->rows.push_back(row);
        return INGEST_OK;
    }
    static std::int32_t issue(void* ctx, std::int64_t row, std::int32_t, std::int32_t severity,
                              ingest_str, ingest_str) {
        static_cast<Notes*>(ctx)->rows.push_back(severity == INGEST_REJECT_ROW ? -row : 1000);
        return INGEST_OK;
    }
};

TEST(FutureHost, AndFuturePluginUseWhatIsNew) {
    const auto library = test::load(test::built("tests/future/future-needs.so"));
    ASSERT_NE(library->validator()->describe, nullptr);
    ingest_host host = *library->host();
    host.unix_us = &Notes::unix_us;
    const auto schema = test::sensor_schema();
    const ingest_validator& table = *library->validator();
    void* self = nullptr;
    ingest_error error{};
    error.struct_size = sizeof error;
    ASSERT_EQ(table.create(&host, {"{}", 2}, schema->arrow(), &self, &error), INGEST_OK);
    std::array<char, 9> line{};
    EXPECT_EQ(table.describe(self, line.data(), line.size() - 1), 24U);
    EXPECT_STREQ(line.data(), "readings");
    model::Batch batch(*schema);
    test::add_reading(batch, "PUMP-A1-001", {20.0, 0.5, 1.0}, test::some_time_us);
    test::add_reading(batch, "PUMP-A1-001", {20.0, 0.5, 1.0}, test::some_time_us + 1);
    test::Shown shown(batch);
    Notes notes;
    ingest_report report{};
    report.struct_size = sizeof report;
    report.ctx = &notes;
    report.issue = &Notes::issue;
    report.note = &Notes::note;
    EXPECT_EQ(table.validate(self, &shown.batch(), &report, &error), INGEST_OK);
    EXPECT_THAT(notes.rows, ElementsAre(0, -1)) << "a note on row 0, row 1 refused";
    table.destroy(self);
}

TEST(FutureHost, AndFutureSinkUseWhatIsNew) {
    const auto library = test::load(test::built("tests/future/future-sink.so"));
    const auto schema = test::sensor_schema();
    const ingest_sink& table = *library->sink();
    void* self = nullptr;
    ingest_error error{};
    error.struct_size = sizeof error;
    ASSERT_EQ(table.create(library->host(), {"{}", 2}, schema->arrow(), &self, &error), INGEST_OK);
    const model::Batch many = test::readings_of(*schema, {"A", "B", "C"});
    test::Shown shown(many);
    const ingest_batch* const batches[] = {&shown.batch()};
    EXPECT_EQ(table.write(self, batches, 1, &error), INGEST_REJECT);
    EXPECT_EQ(error.native_code, 23);
    ASSERT_NE(table.rest, nullptr);
    table.rest(self);
    ingest_health health{};
    health.struct_size = sizeof health;
    table.health(self, &health);
    EXPECT_EQ(health.state, INGEST_HEALTH_DISCONNECTED);
    EXPECT_EQ(health.since_s, 42);
    table.destroy(self);
}

// A struct as a plugin of any minor may have left it in memory: `size` says how long it claims to
// be, and every byte behind minor 0 is garbage.
template <class Struct>
struct Claimed {
    alignas(8) std::array<unsigned char, 4200> bytes;
    Claimed(std::uint32_t size, std::uint32_t size_0) {
        bytes.fill(0xAB);
        std::memset(bytes.data(), 0, size_0);
        std::memcpy(bytes.data(), &size, sizeof size);
    }
    Result<Struct> copy(std::uint32_t size_0) const {
        return plugin::copy_grown<Struct>(bytes.data(), "ingest_struct", size_0);
    }
};

template <class Struct>
std::string grows(std::uint32_t size_0) {
    const auto told = [&](std::uint32_t size) {
        const auto copy = Claimed<Struct>(size, size_0).copy(size_0);
        return copy ? std::string() : copy.error().message;
    };
    Struct zero{};
    zero.struct_size = sizeof zero;
    const auto old = Claimed<Struct>(size_0, size_0).copy(size_0);
    if (!old) return "minor 0: " + old.error().message;
    if (std::memcmp(&*old, &zero, sizeof zero) != 0) return "what minor 0 had not is not zero";
    const auto later = Claimed<Struct>(4096, size_0).copy(size_0);
    if (!later) return "a later minor: " + later.error().message;
    if (std::memcmp(&*later, &zero, sizeof zero) == 0) return "what is there was not copied";
    for (const std::uint32_t size : {std::uint32_t{0}, std::uint32_t{4}, size_0 - 8, size_0 + 4,
                                     std::uint32_t{4104}, UINT32_MAX - 7}) {
        if (told(size).find(std::to_string(size) + " bytes") == std::string::npos) {
            return "the size " + std::to_string(size) + " was taken: " + told(size);
        }
    }
    return {};
}

TEST(Growth, OfEachStructThatPluginsMake) {
    EXPECT_EQ(grows<ingest_plugin>(INGEST_PLUGIN_SIZE_0), "");
    EXPECT_EQ(grows<ingest_validator>(INGEST_VALIDATOR_SIZE_0), "");
    EXPECT_EQ(grows<ingest_sink>(INGEST_SINK_SIZE_0), "");
    EXPECT_EQ(grows<ingest_query>(INGEST_QUERY_SIZE_0), "");
}

}  // namespace
}  // namespace ingest
