// Rows to the bytes of the spool and back. The limit is a copy of those bytes.

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "measure.h"
#include "model/batch_codec.h"
#include "readings.h"

namespace ingest::bench {
namespace {

using model::BatchCodec;

struct Encoded {
    explicit Encoded(const benchmark::State& state) : batch(some_rows(schema, state.range(0))) {
        BatchCodec::encode(batch, bytes);
    }
    Amount amount() const {
        return {batch.rows(), static_cast<std::int64_t>(bytes.size())};
    }

    const model::Schema schema = sensor_schema();
    model::Batch batch;
    std::string bytes;
};

void encode(benchmark::State& state) {
    const Encoded encoded(state);
    std::string out;
    measure(state, encoded.amount(), [&] {
        out.clear();
        BatchCodec::encode(encoded.batch, out);
    });
    if (out != encoded.bytes) state.SkipWithError("not encoded");
}

void decode(benchmark::State& state) {
    const Encoded encoded(state);
    model::Batch out(encoded.schema);
    bool good = true;
    measure(state, encoded.amount(), [&] {
        good = BatchCodec::decode(std::as_bytes(std::span(encoded.bytes)), out).has_value();
    });
    if (!good || out != encoded.batch) state.SkipWithError("not decoded");
}

void copy(benchmark::State& state) {
    const Encoded encoded(state);
    std::vector<char> out(encoded.bytes.size());
    measure(state, encoded.amount(), [&] {
        std::memcpy(out.data(), encoded.bytes.data(), out.size());
        benchmark::DoNotOptimize(out.data());
    });
}

void encode_limit(benchmark::State& state) { copy(state); }
void decode_limit(benchmark::State& state) { copy(state); }

void row_counts(benchmark::internal::Benchmark* of) {
    of->ArgName("rows")->Arg(1)->Arg(100)->Arg(1000);
}

BENCHMARK(encode)->Apply(row_counts);
BENCHMARK(encode_limit)->Apply(row_counts);
BENCHMARK(decode)->Apply(row_counts);
BENCHMARK(decode_limit)->Apply(row_counts);

}  // namespace
}  // namespace ingest::bench
