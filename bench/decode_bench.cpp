// How many readings a second one core decodes: a batch of 100 as clients send it, single
// readings, and the same batch under an idempotency key, whose ids are hashes. The limit is the
// first pass over the bytes, without which no token is known.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <simdjson.h>

#include "decode/decoder.h"
#include "measure.h"
#include "readings.h"

namespace ingest::bench {
namespace {

void decode(benchmark::State& state, int readings, std::string_view key) {
    const Body body(readings);
    const model::Schema schema = sensor_schema();
    decode::Decoder decoder(schema, {});
    model::Batch batch(schema);
    decode::Decoded decoded;
    UuidSource ids;
    const decode::Context context{start_us, key, ids};
    measure(state, {readings, body.bytes()}, [&] {
        if (readings == 1) {
            decoder.single(body.text(), context, batch, decoded);
        } else {
            decoder.batch(body.text(), context, batch, decoded);
        }
        benchmark::DoNotOptimize(batch.rows());
    });
    if (batch.rows() != readings || decoded.refused_rows != 0) state.SkipWithError("not decoded");
}

void scan(benchmark::State& state, int readings) {
    const Body body(readings);
    decode::Tokens tokens;
    measure(state, {readings, body.bytes()}, [&] {
        benchmark::DoNotOptimize(tokens.scan(body.text()));
    });
    if (tokens.size() == 0) state.SkipWithError("not scanned");
}

void batch_of_100(benchmark::State& state) { decode(state, 100, ""); }
void batch_of_100_limit(benchmark::State& state) { scan(state, 100); }
void single(benchmark::State& state) { decode(state, 1, ""); }
void single_limit(benchmark::State& state) { scan(state, 1); }
void batch_of_100_with_key(benchmark::State& state) { decode(state, 100, "a key"); }

// The pass over the bytes, and the hash of each reading's.
void batch_of_100_with_key_limit(benchmark::State& state) {
    constexpr int readings = 100;
    const Body body(readings);
    Readings some;
    std::vector<std::string> contents;
    for (int i = 0; i < readings; ++i) contents.push_back(json_of(some.next()));
    const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha1(
        EVP_MD_fetch(nullptr, "SHA1", nullptr), &EVP_MD_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    decode::Tokens tokens;
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    measure(state, {readings, body.bytes()}, [&] {
        benchmark::DoNotOptimize(tokens.scan(body.text()));
        for (const std::string& content : contents) {
            EVP_DigestInit_ex(context.get(), sha1.get(), nullptr);
            EVP_DigestUpdate(context.get(), content.data(), content.size());
            EVP_DigestFinal_ex(context.get(), hash.data(), &size);
        }
    });
    if (size != 20) state.SkipWithError("not hashed");
}

// For comparison: a tree of the document, from which nothing has been taken yet.
void batch_of_100_as_dom(benchmark::State& state) {
    const Body body(100);
    simdjson::dom::parser parser;
    std::size_t found = 0;
    measure(state, {100, body.bytes()}, [&] {
        const std::string_view text = body.text();
        found = parser.parse(text.data(), text.size(), false)["readings"].get_array().size();
    });
    if (found != 100) state.SkipWithError("not parsed");
}

BENCHMARK(batch_of_100);
BENCHMARK(batch_of_100_limit);
BENCHMARK(batch_of_100_as_dom);
BENCHMARK(single);
BENCHMARK(single_limit);
BENCHMARK(batch_of_100_with_key);
BENCHMARK(batch_of_100_with_key_limit);

}  // namespace
}  // namespace ingest::bench
