// The chain of the shipped validators over good readings: through the libraries in <build>/plugins,
// as the host calls them. The limit is what they ask, in loops written for these columns alone.

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "measure.h"
#include "plugin/library.h"
#include "readings.h"
#include "validate/chain.h"
#include "validate/validators.h"

namespace ingest::bench {
namespace {

// Of config.yaml.
constexpr const char* id_options =
    R"({"pattern": "^[A-Z]+-[A-Z0-9]+-[0-9]{3}$", "uppercase": true, "min_length": 3,
        "max_length": 50})";
constexpr const char* range_options =
    R"({"temperature": {"min": -50, "max": 200}, "vibration": {"min": 0, "max": 2},
        "pressure": {"min": 0, "max": 10}, "humidity": {"min": 0, "max": 100},
        "voltage": {"min": 0, "max": 500}})";
constexpr const char* rules_options =
    R"({"rules": [
        {"name": "sensor-failure", "then": "reject", "message": "All sensor readings are zero",
         "when": {"temperature": {"eq": 0}, "vibration": {"eq": 0}, "pressure": {"eq": 0}}},
        {"name": "overheating-with-vibration", "then": "warn", "message": "High temperature",
         "when": {"temperature": {"gt": 150}, "vibration": {"gt": 1.5}}},
        {"name": "hot-without-pressure", "then": "warn", "message": "Low pressure",
         "when": {"temperature": {"gt": 100}, "pressure": {"lt": 0.5}}}]})";

std::unique_ptr<plugin::Library> load(const std::string& name) {
    const auto build =
        std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
    return std::move(plugin::Library::load(build / "plugins" / (name + ".so")).value());
}

// Loaded once, because libraries stay in memory for the life of the process.
struct Libraries {
    std::unique_ptr<plugin::Library> equipment_id = load("equipment-id");
    std::unique_ptr<plugin::Library> range = load("range");
    std::unique_ptr<plugin::Library> rules = load("rules");
};

const Libraries& libraries() {
    static const Libraries loaded;
    return loaded;
}

using Plans = std::vector<validate::ValidatorPlan>;

void chain(benchmark::State& state, Plans plans) {
    const model::Schema schema = sensor_schema();
    model::Batch batch = some_rows(schema, state.range(0));
    std::vector<validate::Validators::Failure> failures;
    const std::size_t steps = plans.size();
    const auto validators =
        validate::Validators::create(std::move(plans), schema, 1, failures);
    if (!validators || validators->steps(0).size() != steps) {
        return state.SkipWithError("no chain");
    }
    validate::Chain validators_of_core(validators->steps(0));
    std::vector<std::uint8_t> refused(model::bitmap_bytes(batch.rows()));
    std::vector<plugin::Report::Issue> issues;
    bool good = true;
    measure(state, {batch.rows(), static_cast<std::int64_t>(batch.bytes())}, [&] {
        issues.clear();
        good = validators_of_core.run(batch, refused, issues) && good;
    });
    if (!good || !issues.empty()) state.SkipWithError("not validated");
    // The chain is really asked: it refuses what no sensor sends.
    batch.change_float64(model::column_first_field, 0, 1e6);
    validators_of_core.run(batch, refused, issues);
    if (issues.empty() != (steps == 0)) state.SkipWithError("validators that see nothing");
}

validate::ValidatorPlan range_plan() {
    return {"range", libraries().range.get(), range_options, validate::OnError::refuse};
}

void no_validator(benchmark::State& state) { chain(state, {}); }

void shipped_chain(benchmark::State& state) {
    chain(state, {{"equipment-id", libraries().equipment_id.get(), id_options,
                   validate::OnError::refuse},
                  range_plan(),
                  {"rules", libraries().rules.get(), rules_options, validate::OnError::refuse}});
}

void twenty_ranges(benchmark::State& state) { chain(state, Plans(20, range_plan())); }

const double* values(const model::Batch& batch, std::size_t field) {
    return batch.column(model::column_first_field + field).values.as<double>();
}

// REQUIRES of this and the next: no cell is null.
std::int64_t out_of_bounds(const model::Batch& batch) {
    constexpr std::array<std::pair<double, double>, 5> bounds = {
        {{-50, 200}, {0, 2}, {0, 10}, {0, 100}, {0, 500}}};
    std::int64_t found = 0;
    for (std::size_t field = 0; field < bounds.size(); ++field) {
        const double* of = values(batch, field);
        const auto [min, max] = bounds[field];
        for (std::int64_t row = 0; row < batch.rows(); ++row) {
            found += of[row] < min || of[row] > max;
        }
    }
    return found;
}

std::int64_t ruled_out(const model::Batch& batch) {
    const double* temperature = values(batch, 0);
    const double* vibration = values(batch, 1);
    const double* pressure = values(batch, 2);
    std::int64_t found = 0;
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
        found += temperature[row] == 0 && vibration[row] == 0 && pressure[row] == 0;
        found += temperature[row] > 150 && vibration[row] > 1.5;
        found += temperature[row] > 100 && pressure[row] < 0.5;
    }
    return found;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// ^[A-Z]+-[A-Z0-9]+-[0-9]{3}$, of 3 to 50 characters.
bool is_equipment_id(std::string_view id) {
    if (id.size() < 7 || id.size() > 50) return false;
    std::size_t at = 0;
    while (at < id.size() && is_upper(id[at])) ++at;
    if (at == 0 || at == id.size() || id[at] != '-') return false;
    const std::size_t middle = ++at;
    while (at < id.size() && (is_upper(id[at]) || is_digit(id[at]))) ++at;
    return at > middle && id.size() - at == 4 && id[at] == '-' && is_digit(id[at + 1]) &&
           is_digit(id[at + 2]) && is_digit(id[at + 3]);
}

std::int64_t misnamed(const model::Batch& batch) {
    std::int64_t found = 0;
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
        found += !is_equipment_id(batch.utf8(model::column_equipment_id, row));
    }
    return found;
}

template <class Checks>
void plain(benchmark::State& state, Checks checks) {
    const model::Schema schema = sensor_schema();
    const model::Batch batch = some_rows(schema, state.range(0));
    std::int64_t found = 0;
    measure(state, {batch.rows(), static_cast<std::int64_t>(batch.bytes())}, [&] {
        found += checks(batch);
        benchmark::DoNotOptimize(found);
    });
    if (found != 0) state.SkipWithError("good readings are refused");
}

void shipped_chain_limit(benchmark::State& state) {
    plain(state, [](const model::Batch& batch) {
        return misnamed(batch) + out_of_bounds(batch) + ruled_out(batch);
    });
}

void twenty_ranges_limit(benchmark::State& state) {
    plain(state, [](const model::Batch& batch) {
        std::int64_t found = 0;
        for (int i = 0; i < 20; ++i) {
            found += out_of_bounds(batch);
            benchmark::ClobberMemory();
        }
        return found;
    });
}

void row_counts(benchmark::internal::Benchmark* of) {
    of->ArgName("rows")->Arg(1)->Arg(100)->Arg(1000);
}

BENCHMARK(no_validator)->Apply(row_counts);
BENCHMARK(shipped_chain)->Apply(row_counts);
BENCHMARK(shipped_chain_limit)->Apply(row_counts);
BENCHMARK(twenty_ranges)->Apply(row_counts);
BENCHMARK(twenty_ranges_limit)->Apply(row_counts);

}  // namespace
}  // namespace ingest::bench
