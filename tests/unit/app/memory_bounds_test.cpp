#include "app/memory_bounds.h"

#include <gtest/gtest.h>

#include "app/front_terms.h"
#include "http/server.h"
#include "http/tls_channel.h"
#include "model/batch.h"
#include "spool/types.h"

namespace ingest::app {
namespace {

using model::ColumnType;

config::Config some_config() {
    config::Config config;
    config.storage = 0;
    config.sinks.resize(2);
    config.sinks[0].workers = 2;
    return config;
}

model::Schema schema_with(std::vector<model::Field> more = {}) {
    more.push_back({"temperature", ColumnType::float64, true, "", ""});
    return model::Schema(std::move(more));
}

TEST(MemoryBounds, TheSumIsOfAllParts) {
    const MemoryBounds bounds{1, 2, 4, 8, 16, 32, 64, 128};
    EXPECT_EQ(bounds.sum(), 255U);
}

// Two cores; each has a window of zstd and the outcome of a large NDJSON body.
TEST(MemoryBounds, DefaultsStayBelow704Mebibytes) {
    const auto bounds = memory_bounds(some_config(), schema_with(), 2);
    EXPECT_LT(bounds.sum(), 704U << 20);
}

TEST(MemoryBounds, FollowWhatIsConfigured) {
    const model::Schema schema = schema_with();
    const MemoryBounds before = memory_bounds(some_config(), schema, 2);
    const auto with = [&](auto change) {
        config::Config config = some_config();
        change(config);
        return memory_bounds(config, schema, 2);
    };
    const std::uint64_t mib = config::mib;
    EXPECT_EQ(with([&](auto& c) { c.http.limits.in_flight_bytes += mib; }).requests,
              before.requests + 2 * mib);
    EXPECT_EQ(with([&](auto& c) { c.http.limits.connections *= 2; }).connections,
              before.connections * 2);
    EXPECT_GE(with([&](auto& c) { c.http.tls.emplace(); }).connections,
              before.connections + 4096U * http::TlsChannel::memory_max);
    EXPECT_GE(with([&](auto& c) { c.http.limits.header_bytes = mib; }).connections,
              2 * 4096U * mib);
    EXPECT_EQ(with([&](auto& c) { c.spool.memory += mib; }).spool, before.spool + mib);
    EXPECT_GT(with([&](auto& c) { c.spool.size_max *= 100; }).spool, before.spool);
    EXPECT_GT(with([&](auto& c) { c.http.limits.body_bytes *= 64; }).commit, before.commit);
    EXPECT_GT(with([&](auto& c) { c.http.batch.readings_max *= 1000; }).requests, before.requests);
    EXPECT_GT(with([&](auto& c) { c.http.ndjson.readings_max *= 10; }).requests, before.requests);
    EXPECT_GT(with([&](auto& c) { c.http.ndjson.readings_max *= 10; }).cores, before.cores);
    EXPECT_GE(with([&](auto& c) { c.admin.emplace(); }).requests,
              before.requests + answers_reserve);
    EXPECT_GT(with([&](auto& c) { c.sinks[1].workers = 2; }).sinks, before.sinks);
    EXPECT_LT(with([&](auto& c) { c.sinks[1].batch_rows_max = 1000; }).sinks, before.sinks);
    EXPECT_GT(with([&](auto& c) { c.query.readers += 1; }).queries, before.queries);
    EXPECT_GT(with([&](auto& c) { c.validators.resize(9); }).cores, before.cores);
    EXPECT_GT(memory_bounds(some_config(), schema, 4).cores, before.cores);
}

// Those to queries too, of which one must always fit.
TEST(MemoryBounds, AnswersCount) {
    config::Config config = some_config();
    const model::Schema schema = schema_with({{"note", ColumnType::utf8, false, "", ""}});
    const MemoryBounds before = memory_bounds(config, schema, 1);
    const std::uint64_t answers = answers_bytes_max(config, schema);
    EXPECT_GE(before.requests, 2 * config.http.limits.in_flight_bytes + answers);
    EXPECT_GE(before.connections, 4096U * http::small_answer_max);
    config.reading.text_bytes_max *= 2;
    const std::uint64_t row_more = 2 * config.reading.text_bytes_max / 2;
    EXPECT_GE(answers_bytes_max(config, schema), answers + 6 * 100 * row_more);
}

// The estimates against batches as they are.
TEST(MemoryBounds, LongTextsCount) {
    config::Config config = some_config();
    config.reading.text_bytes_max = 1000;
    const model::Schema schema = schema_with({{"note", ColumnType::utf8, false, "", ""}});
    const std::uint64_t rows = spool::Options().record_rows_max;
    model::Batch batch(schema);
    const std::string text(1000, 'x');
    for (std::uint64_t row = 0; row < rows; ++row) {
        batch.add_row();
        batch.set_utf8(model::column_equipment_id, text);
        batch.set_utf8(model::column_first_field, text);
    }
    const auto bounds = memory_bounds(config, schema, 2);
    EXPECT_GE(bounds.sinks, 3 * 6 * batch.bytes());
}

// Many columns and short readings: rows are larger than what they come from, CSV above all.
TEST(MemoryBounds, RowsThatAreLargerThanWhatWasSentCount) {
    config::Config config = some_config();
    config.http.batch.readings_max = 100'000;
    std::vector<model::Field> fields;
    for (int i = 0; i < 500; ++i)
        fields.push_back({"f" + std::to_string(i), ColumnType::float64, false, "", ""});
    const model::Schema schema = schema_with(std::move(fields));
    const std::string reading = "x,0\n";
    const std::uint64_t rows = std::min<std::uint64_t>(
        config.http.limits.body_bytes / reading.size(), config.http.batch.readings_max);
    model::Batch batch(schema);
    for (std::uint64_t row = 0; row < rows; ++row) {
        batch.add_row();
        batch.set_utf8(model::column_equipment_id, "x");
    }
    EXPECT_GE(outcome_bytes_max(config, schema), 2 * batch.bytes());
    EXPECT_GE(memory_bounds(config, schema, 1).commit, 4 * batch.bytes());
}

}  // namespace
}  // namespace ingest::app
