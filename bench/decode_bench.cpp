// How many readings a second one core decodes: a batch of 100 as clients send it, single
// readings, and the same batch under an idempotency key, whose ids are hashes.

#include <cstdio>
#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "base/time_text.h"
#include "decode/decoder.h"

namespace ingest::decode {
namespace {

constexpr std::int64_t start_us = 1'762'021'800'000'000;

model::Schema sensor_schema() {
    using model::ColumnType;
    return model::Schema({{"temperature", ColumnType::float64, true},
                          {"vibration", ColumnType::float64, true},
                          {"pressure", ColumnType::float64, true},
                          {"humidity", ColumnType::float64},
                          {"voltage", ColumnType::float64}});
}

std::string some_reading(std::mt19937& random, std::int64_t at_us) {
    const auto between = [&random](double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(random);
    };
    char text[320];
    std::snprintf(text, sizeof text,
                  R"({"equipment_id": "TURBINE-BASE%02u-%03u", "temperature": %.2f, )"
                  R"("vibration": %.4f, "pressure": %.3f, "humidity": %.1f, "voltage": %.2f, )"
                  R"("timestamp": "%s"})",
                  static_cast<unsigned>(random() % 10), static_cast<unsigned>(random() % 1000),
                  between(-40, 140), between(0, 2), between(0.5, 10), between(0, 100),
                  between(100, 500), to_rfc3339(at_us).c_str());
    return text;
}

void decode(benchmark::State& state, int readings, std::string_view key) {
    std::mt19937 random(1);
    std::string body = readings == 1 ? "" : R"({"readings": [)";
    for (int i = 0; i < readings; ++i) {
        body += (i == 0 ? "" : ", ") + some_reading(random, start_us + i * 7'000);
    }
    if (readings > 1) body += "]}";
    const std::size_t size = body.size();
    body.append(padding, ' ');
    const std::string_view text = std::string_view(body).substr(0, size);

    const model::Schema schema = sensor_schema();
    Decoder decoder(schema, {});
    model::Batch batch(schema);
    Decoded decoded;
    UuidSource ids;
    const Context context{start_us, key, ids};
    for (auto _ : state) {
        if (readings == 1) {
            decoder.single(text, context, batch, decoded);
        } else {
            decoder.batch(text, context, batch, decoded);
        }
        benchmark::DoNotOptimize(batch.rows());
    }
    if (batch.rows() != readings || decoded.refused_rows != 0) state.SkipWithError("not decoded");
    state.SetItemsProcessed(state.iterations() * readings);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void batch_of_100(benchmark::State& state) { decode(state, 100, ""); }
void single(benchmark::State& state) { decode(state, 1, ""); }
void batch_of_100_with_key(benchmark::State& state) { decode(state, 100, "a key"); }

BENCHMARK(batch_of_100);
BENCHMARK(single);
BENCHMARK(batch_of_100_with_key);

}  // namespace
}  // namespace ingest::decode

BENCHMARK_MAIN();
