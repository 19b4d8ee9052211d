// Runs the benchmarks and sets each against its limit, measured in the same run: how many times as
// long it takes. With --benchmark_repetitions the fastest of each counts. Fails when a benchmark
// did not do its work.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "base/log.h"

namespace {

// "4.41 M"
std::string scaled(double value) {
    constexpr std::array units = {"", " k", " M", " G"};
    std::size_t unit = 0;
    for (; value >= 1000 && unit + 1 < units.size(); ++unit) value /= 1000;
    char text[32];
    std::snprintf(text, sizeof text, "%.3g%s", value, units[unit]);
    return text;
}

// "3.1 us", from nanoseconds.
std::string duration(double ns) {
    constexpr std::array units = {" ns", " us", " ms", " s"};
    std::size_t unit = 0;
    for (; ns >= 1000 && unit + 1 < units.size(); ++unit) ns /= 1000;
    char text[32];
    std::snprintf(text, sizeof text, "%.3g%s", ns, units[unit]);
    return text;
}

class LimitReporter : public benchmark::ConsoleReporter {
public:
    LimitReporter() : ConsoleReporter(::isatty(STDOUT_FILENO) ? OO_ColorTabular : OO_Tabular) {}

    void ReportRuns(const std::vector<Run>& runs) override {
        ConsoleReporter::ReportRuns(runs);
        for (const Run& run : runs) {
            failed_ = failed_ || run.error_occurred;
            if (!run.error_occurred && run.run_type == Run::RT_Iteration) keep(run);
        }
    }

    void Finalize() override {
        std::printf("\n%-32s %10s %10s %10s %8s %10s\n", "", "items/s", "time", "limit", "ratio",
                    "allocs/op");
        for (const auto& [place, ours] : best_) {
            const auto limit = std::ranges::find(best_, ours.limit_name, [](const auto& entry) {
                return std::string_view(entry.second.name);
            });
            if (limit == best_.end()) continue;
            std::printf("%-32s %10s %10s %10s %8.3g %10.3g\n", ours.name.c_str(),
                        scaled(ours.items_per_second).c_str(), duration(ours.ns).c_str(),
                        duration(limit->second.ns).c_str(), ours.ns / limit->second.ns,
                        ours.allocations);
        }
    }

    bool failed() const noexcept { return failed_; }

private:
    struct Best {
        std::string name;
        std::string limit_name;
        double ns = 0;  // of one call
        double items_per_second = 0;
        double allocations = 0;
    };

    void keep(const Run& run) {
        const auto& name = run.run_name;
        const std::string args = name.args.empty() ? "" : "/" + name.args;
        const bool real = name.time_type == "real_time";
        const double seconds = real ? run.real_accumulated_time : run.cpu_accumulated_time;
        const double ns = seconds * 1e9 / static_cast<double>(run.iterations);
        const std::pair place(run.family_index, run.per_family_instance_index);
        const auto [at, is_new] = best_.try_emplace(place);
        if (!is_new && at->second.ns <= ns) return;
        at->second = {name.function_name + args, name.function_name + "_limit" + args, ns,
                      counter(run, "items_per_second"), counter(run, "allocs/op")};
    }

    static double counter(const Run& run, const char* name) {
        const auto at = run.counters.find(name);
        return at == run.counters.end() ? 0 : at->second.value;
    }

    std::map<std::pair<std::int64_t, std::int64_t>, Best> best_;  // as they stand in the file
    bool failed_ = false;
};

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    ingest::log::Options log;
    log.level = ingest::log::Level::warn;
    ingest::log::configure(log);
    LimitReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    benchmark::Shutdown();
    return reporter.failed() ? 1 : 0;
}
