#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <ingest/sdk/validator.hpp>

namespace {

using nlohmann::json;
namespace sdk = ingest::sdk;

// The first double above every int64_t.
constexpr double two_to_63 = 9223372036854775808.0;

// Shortest text that reads back as the same number.
template <class Number>
std::string to_text(Number value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

// Values from `min` to `max`, both included.
template <class Number>
struct Bounds {
    int32_t column;
    Number min;
    Number max;
    std::string expected;  // "; must be at least -50 and at most 200"
};


// The limit `name` as a double, or `none`.
double read_limit(const json& limits, const char* name, double none) {
    const auto found = limits.find(name);
    return found == limits.end() ? none : found->get<double>();
}

// The same for integers, without a detour over doubles that would round 2^60 + 1; a fraction goes
// to the next integer that satisfies it.
int64_t read_limit(const json& limits, const char* name, int64_t none, const std::string& pointer,
                   double (*inward)(double)) {
    const auto found = limits.find(name);
    if (found == limits.end()) return none;
    const bool fits = found->is_number_integer() &&
                      !(found->is_number_unsigned() && found->get<uint64_t>() >> 63 != 0);
    if (fits) return found->get<int64_t>();
    const double whole = inward(found->get<double>());
    if (!(whole >= -two_to_63 && whole < two_to_63)) {
        throw sdk::config_error(pointer + "/" + name, "is beyond 64-bit integers");
    }
    return static_cast<int64_t>(whole);
}

// The finding's text after the value: what was expected.
template <class Number>
std::string describe(const json& limits, Number min, Number max) {
    std::string text = "; must be ";
    if (limits.contains("min")) text += "at least " + to_text(min);
    if (limits.contains("min") && limits.contains("max")) text += " and ";
    if (limits.contains("max")) text += "at most " + to_text(max);
    return text;
}

// Which columns have which bounds. An instance per core, without state between readings.
class Range {
public:
    Range(sdk::Host, const sdk::Options& options, sdk::Schema schema) try {
        // Without the parser's words: they quote bytes that need not be UTF-8.
        const json columns = json::parse(options.json(), nullptr, false);
        if (!columns.is_object()) throw sdk::config_error("", "the options are no JSON object");
        for (const auto& [name, limits] : columns.items()) {
            const std::string pointer = (json::json_pointer() / name).to_string();
            check_limits(limits, pointer);
            add(limits, schema.need(name, pointer), schema, pointer);
        }
    } catch (const json::exception& e) {
        throw sdk::config_error("", std::string("the options cannot be read: ") + e.what());
    }

    void check(sdk::Batch batch, sdk::Report report) {
        for (const auto& bounds : reals_) check_column(bounds, batch, report);
        for (const auto& bounds : integers_) check_column(bounds, batch, report);
    }

private:
    static void check_limits(const json& limits, const std::string& pointer) {
        if (!limits.is_object()) throw sdk::config_error(pointer, "must have min, max or both");
        for (const auto& [name, limit] : limits.items()) {
            if (name != "min" && name != "max") {
                throw sdk::config_error(pointer + (json::json_pointer() / name).to_string(),
                                        "must be min or max");
            }
            if (!limit.is_number()) {
                throw sdk::config_error(pointer + "/" + name, "must be a number");
            }
        }
    }

    void add(const json& limits, int32_t column, sdk::Schema schema, const std::string& pointer) {
        if (schema.format(column) == "g") {
            constexpr double infinity = std::numeric_limits<double>::infinity();
            const double min = read_limit(limits, "min", -infinity);
            const double max = read_limit(limits, "max", infinity);
            if (min > max) throw sdk::config_error(pointer, "min is above max");
            reals_.push_back({column, min, max, describe(limits, min, max)});
        } else if (schema.format(column) == "l") {
            using Limits = std::numeric_limits<int64_t>;
            const int64_t min = read_limit(limits, "min", Limits::min(), pointer, &std::ceil);
            const int64_t max = read_limit(limits, "max", Limits::max(), pointer, &std::floor);
            if (min > max) throw sdk::config_error(pointer, "no integer is within min and max");
            integers_.push_back({column, min, max, describe(limits, min, max)});
        } else {
            throw sdk::config_error(pointer, "is no column of numbers");
        }
    }

    template <class Number>
    static void check_column(const Bounds<Number>& bounds, sdk::Batch batch, sdk::Report& report) {
        const sdk::Column cells = batch.column(bounds.column);
        const auto* values = cells.data<Number>(1);
        for (int64_t row = 0; row < batch.rows(); ++row) {
            const Number value = values[row];
            // The values first: what lies under a null cell hardly ever counts.
            if ((value < bounds.min || value > bounds.max) && cells.has(row)) [[unlikely]] {
                report.reject(row, bounds.column, "out_of_range",
                              "is " + to_text(value) + bounds.expected);
            }
        }
    }

    std::vector<Bounds<double>> reals_;
    std::vector<Bounds<int64_t>> integers_;
};

}  // namespace

INGEST_VALIDATOR(Range, "range", "1.0.0", "Refuses numbers outside of the given bounds", R"json({
  "kind": "validator",
  "options": [
    { "name": "*", "type": "object", "description": "the bounds of the column of this name",
      "options": [
        { "name": "min", "type": "number", "description": "least value, itself included",
          "constrains": "minimum" },
        { "name": "max", "type": "number", "description": "greatest value, itself included",
          "constrains": "maximum" } ] } ],
  "reads": ["*"],
  "writes": [],
  "issues": [ { "code": "out_of_range", "description": "the value is below min or above max" } ]
})json");
