#include <memory>
#include <stdexcept>

#include <gmock/gmock.h>

#include "plugin/query.h"
#include "plugin/sink.h"
#include "plugin/validator.h"
#include "support/batches.h"

// What a function table that breaks the rules does to the host: nothing.
namespace ingest::plugin {
namespace {

using ::testing::HasSubstr;

void destroy_nothing(void*) {}

std::int32_t throws(void*, const ingest_batch*, ingest_report*, ingest_error*) {
    throw std::runtime_error("not allowed");
}

TEST(Calls, AnExceptionAcrossTheAbiIsAnAnswer) {
    const ingest_validator table{sizeof table, 0, nullptr, &throws, &destroy_nothing};
    Validator validator(table, nullptr);
    ingest_report report{};
    const Answer answer = validator.validate(ingest_batch{}, report);
    EXPECT_EQ(answer.code, INGEST_INTERNAL);
    EXPECT_THAT(answer.message, HasSubstr("not allowed"));
}

std::int32_t write(void*, const ingest_batch* const*, std::uint64_t, ingest_error*) { throw 42; }
void health(void*, ingest_health*) { throw 42; }
std::int32_t flush(void*, std::int64_t, ingest_error*) { return INGEST_RETRY; }

TEST(Calls, ASinkThatThrowsIsNotConnected) {
    const ingest_sink table{sizeof table, 0, nullptr, &write, &health, &flush, &destroy_nothing};
    Sink sink(table, nullptr);
    EXPECT_EQ(sink.write({}).code, INGEST_INTERNAL);
    EXPECT_FALSE(sink.connected());
    EXPECT_THAT(sink.flush(0).message, HasSubstr("no reason")) << "an error is never without words";
}

void destroy_throws(void*) { throw std::runtime_error("not allowed"); }

TEST(Calls, AnExceptionFromDestroyIsLoggedAndThatIsAll) {
    const ingest_validator table{sizeof table, 0, nullptr, &throws, &destroy_throws};
    ::testing::internal::CaptureStdout();
    static const Callee callee{"demo", "/demo.so"};
    { const Validator validator(table, nullptr, {}, callee); }
    EXPECT_THAT(::testing::internal::GetCapturedStdout(),
                HasSubstr("ERROR plugin: a plugin failed to destroy an instance plugin=demo "
                          "reason=\"threw an exception across the ABI: not allowed\""));
}

TEST(Calls, UnknownCodesAndMessagesWithoutEndAreTaken) {
    ingest_error error{};
    std::fill(std::begin(error.message), std::end(error.message), 'x');
    const Answer answer = answer_of(99, error);
    EXPECT_EQ(answer.code, INGEST_INTERNAL);
    EXPECT_THAT(answer.message, HasSubstr("unknown code 99"));
    EXPECT_EQ(answer_of(-1, error).code, INGEST_INTERNAL);
}

// Sets what it may not, and at last what it may.
std::int32_t latest(void*, ingest_str, std::uint32_t limit, std::int64_t, ingest_rows* out,
                    ingest_error*) {
    void* ctx = out->ctx;
    const std::uint8_t id[16] = {7};
    int wrong = 0;
    wrong += out->set_f64(ctx, 4, 1.0) != INGEST_OK;  // before any row
    for (std::uint32_t i = 0; i < limit; ++i) wrong += out->begin_row(ctx) != INGEST_OK;
    if (wrong != 1) return INGEST_INTERNAL;
    wrong += out->begin_row(ctx) != INGEST_OK;
    wrong += out->set_utf8(ctx, 1, {nullptr, 5}) != INGEST_OK;
    wrong += out->set_utf8(ctx, 1, {"", std::uint64_t{1} << 60}) != INGEST_OK;
    wrong += out->set_bytes(ctx, 0, nullptr, 16) != INGEST_OK;
    wrong += out->set_bytes(ctx, 0, id, 15) != INGEST_OK;
    wrong += out->set_f64(ctx, 99, 1.0) != INGEST_OK;
    wrong += out->set_f64(ctx, -1, 1.0) != INGEST_OK;
    wrong += out->set_i64(ctx, 4, 1) != INGEST_OK;
    if (wrong != 9) return INGEST_INTERNAL;
    if (out->set_bytes(ctx, 0, id, 16) != INGEST_OK) return INGEST_INTERNAL;
    return out->set_utf8(ctx, 1, {nullptr, 0});
}

TEST(Calls, TheRowWriterTakesOnlyWhatFits) {
    const auto schema = test::sensor_schema();
    const ingest_query table{sizeof table, 0, nullptr, &latest, &destroy_nothing};
    Query query(table, nullptr);
    model::Batch rows(*schema);
    const Answer answer = query.latest("PUMP-A1-001", 2, 0, rows);
    ASSERT_TRUE(answer.ok()) << answer.message;
    ASSERT_EQ(rows.rows(), 2);
    EXPECT_EQ(rows.uuid(model::column_reading_id, 1)[0], 7);
    EXPECT_TRUE(rows.has(model::column_equipment_id, 1));
    EXPECT_FALSE(rows.has(4, 1));
}

}  // namespace
}  // namespace ingest::plugin
