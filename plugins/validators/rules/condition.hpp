#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json_fwd.hpp>

#include <ingest/sdk/validator.hpp>

namespace ingest::validators {

// One comparison of a cell with a constant, `temperature: { gt: 150 }`. Immutable.
class Condition {
public:
    // `pointer` is the operator's place in the options. Throws a config error for an operator
    // that does not exist or a constant that does not fit the column.
    Condition(sdk::Schema schema, int32_t column, std::string_view name,
              const nlohmann::json& constant, const std::string& pointer);

    // False for an absent cell, but for is_null.
    bool holds(sdk::Batch batch, int64_t row) const noexcept;

private:
    enum class Operator : uint8_t { eq, ne, lt, le, gt, ge, is_null };
    static Operator operator_of(std::string_view name, const std::string& pointer);
    void read_constant(std::string_view format, const nlohmann::json& constant,
                       const std::string& pointer);
    std::partial_ordering order(sdk::Column cells, int64_t row) const noexcept;

    int32_t column_;
    Operator operator_;
    bool integer_cells_ = false;  // the column is l, so a double constant is compared exactly
    std::variant<double, int64_t, bool, std::string> constant_;
};

// How an integer stands to a real number, without rounding the integer.
std::partial_ordering compare_exactly(int64_t integer, double real) noexcept;

}  // namespace ingest::validators
