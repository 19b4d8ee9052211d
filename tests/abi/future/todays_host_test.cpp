#include <array>

#include <gmock/gmock.h>

#include "abi/drive.h"
#include "support/batches.h"

// Plugins that were built with the headers of minor 1, and this host, which has minor 0.
namespace ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(FuturePlugin, DoesWithoutWhatThisHostHasNot) {
    ASSERT_EQ(INGEST_ABI_MINOR, 0U);
    const auto library = test::load(test::built("tests/future/future.so"));
    EXPECT_EQ(library->identity().built_minor, 1U);
    const auto schema = test::sensor_schema();
    const auto validator = test::make<plugin::Validator>(*library, "{}", *schema);
    model::Batch batch(*schema);
    test::add_reading(batch, "PUMP-A1-001", {20.0, 0.5, 1.0}, test::some_time_us);
    test::add_reading(batch, "PUMP-A1-001", {20.0, 0.5, 1.0}, test::some_time_us * 2);
    test::Shown shown(batch);
    plugin::Report report;
    report.begin(batch, validator->promises());
    ingest_report table = report.table();
    const plugin::Answer answer = validator->validate(shown.batch(), table);
    ASSERT_TRUE(answer.ok()) << answer.message;
    EXPECT_THAT(test::told(report),
                ElementsAre("row 0 warn -1 seen: seen", "row 1 warn -1 seen: seen"))
        << "no notes here, and nobody to tell what is early";
    EXPECT_EQ(report.misbehaviours(), 0U) << report.first_misbehaviour();
}

TEST(FuturePlugin, ThatNeedsMoreIsRefusedWithBothMinors) {
    const auto library = plugin::Library::load(test::built("tests/future/future-needs.so"));
    ASSERT_FALSE(library);
    EXPECT_EQ(library.error().message,
              "plugin future-needs needs a host with plugin ABI 1.1 or later; this one has 1.0: "
              "update the host");
}

// A struct of minor 0, and behind it what a plugin of minor 1 must not touch.
template <class Struct>
struct Guarded {
    Struct value{};
    std::array<unsigned char, 64> behind{};
    Guarded() { value.struct_size = sizeof value; }
    bool sound() const {
        return std::ranges::all_of(behind, [](unsigned char byte) { return byte == 0; });
    }
};

TEST(FutureSink, WritesNoFurtherThanTheStructsOfThisHost) {
    const auto library = test::load(test::built("tests/future/future-sink.so"));
    const ingest_sink& table = *library->sink();
    const auto schema = test::sensor_schema();
    void* self = nullptr;
    Guarded<ingest_error> error;
    ASSERT_EQ(table.create(library->host(), {"{}", 2}, schema->arrow(), &self, &error.value),
              INGEST_OK);
    const model::Batch many = test::readings_of(*schema, {"A", "B", "C"});
    test::Shown shown(many);
    const ingest_batch* const batches[] = {&shown.batch()};
    EXPECT_EQ(table.write(self, batches, 1, &error.value), INGEST_REJECT);
    EXPECT_STREQ(error.value.message, "more than 2 readings");
    EXPECT_TRUE(error.sound());
    Guarded<ingest_health> health;
    table.health(self, &health.value);
    EXPECT_EQ(health.value.state, INGEST_HEALTH_CONNECTED);
    EXPECT_TRUE(health.sound());
    table.destroy(self);
}

TEST(FutureSink, AnswersQuestions) {
    const auto library = test::load(test::built("tests/future/future-sink.so"));
    const auto schema = test::sensor_schema();
    const auto sink = test::make<plugin::Sink>(*library, "{}", *schema);
    const model::Batch two = test::readings_of(*schema, {"A", "B"});
    test::Shown shown(two);
    const ingest_batch* const batches[] = {&shown.batch()};
    EXPECT_TRUE(sink->write(batches).ok());
    const auto query = test::make<plugin::Query>(*library, "{}", *schema);
    model::Batch rows(*schema);
    const plugin::Answer answer = query->latest("PUMP-A1-001", 5, 0, rows);
    ASSERT_TRUE(answer.ok()) << answer.message;
    ASSERT_EQ(rows.rows(), 1);
    EXPECT_EQ(rows.utf8(model::column_equipment_id, 0), "PUMP-A1-001");
    EXPECT_FALSE(rows.has(model::column_first_field, 0));
}

}  // namespace
}  // namespace ingest
