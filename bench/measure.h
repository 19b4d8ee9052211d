#pragma once

#include <cstdint>

#include <benchmark/benchmark.h>

#include "allocations.h"

namespace ingest::bench {

// What one call of the work gets done.
struct Amount {
    std::int64_t items = 0;
    std::int64_t bytes = 0;
};

// Times `work` once its buffers have grown, and counts its allocations, those of other threads
// that work for it included. The caller looks afterwards whether the work was done.
//
// A benchmark NAME_limit does what NAME cannot do without, for the same amount: main.cpp sets the
// two against each other.
template <class Work>
void measure(benchmark::State& state, const Amount& amount, Work&& work) {
    for (int i = 0; i < 2; ++i) work();
    const std::uint64_t before = allocations();
    for (auto _ : state) {
        work();
        benchmark::ClobberMemory();
    }
    state.counters["allocs/op"] =
        benchmark::Counter(static_cast<double>(allocations() - before),
                           benchmark::Counter::kAvgIterations);
    state.SetItemsProcessed(state.iterations() * amount.items);
    state.SetBytesProcessed(state.iterations() * amount.bytes);
}

}  // namespace ingest::bench
