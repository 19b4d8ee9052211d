#include "condition.hpp"

#include <array>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

namespace ingest::validators {
namespace {

using nlohmann::json;

// The first double above every int64_t.
constexpr double two_to_63 = 9223372036854775808.0;

}  // namespace

std::partial_ordering compare_exactly(int64_t integer, double real) noexcept {
    if (real >= two_to_63) return std::partial_ordering::less;
    if (real < -two_to_63) return std::partial_ordering::greater;
    const double floor = std::floor(real);
    const auto whole = static_cast<int64_t>(floor);
    if (integer == whole && real > floor) return std::partial_ordering::less;
    return integer <=> whole;
}

Condition::Condition(sdk::Schema schema, int32_t column, std::string_view name,
                     const json& constant, const std::string& pointer)
    : column_(column), operator_(operator_of(name, pointer)) {
    const std::string_view format = schema.format(column);
    if (operator_ == Operator::is_null) {
        if (!constant.is_boolean()) throw sdk::config_error(pointer, "must be true or false");
        constant_ = constant.get<bool>();
        return;
    }
    if (format != "g" && format != "l" && format != "u" && format != "b") {
        throw sdk::config_error(pointer, "does not fit the column, which knows only is_null");
    }
    const bool equality = operator_ == Operator::eq || operator_ == Operator::ne;
    if (!equality && (format == "u" || format == "b")) {
        throw sdk::config_error(pointer,
                                "does not fit the column, which knows eq, ne and is_null");
    }
    read_constant(format, constant, pointer);
}

Condition::Operator Condition::operator_of(std::string_view name, const std::string& pointer) {
    static constexpr std::array<std::string_view, 7> names{"eq", "ne", "lt",     "le",
                                                           "gt", "ge", "is_null"};
    for (size_t i = 0; i < names.size(); ++i) {
        if (names[i] == name) return static_cast<Operator>(i);
    }
    throw sdk::config_error(pointer, "must be one of eq, ne, lt, le, gt, ge, is_null");
}

void Condition::read_constant(std::string_view format, const json& constant,
                              const std::string& pointer) {
    if (format == "u") {
        if (!constant.is_string()) throw sdk::config_error(pointer, "must be a string");
        constant_ = constant.get<std::string>();
    } else if (format == "b") {
        if (!constant.is_boolean()) throw sdk::config_error(pointer, "must be true or false");
        constant_ = constant.get<bool>();
    } else {
        if (!constant.is_number()) throw sdk::config_error(pointer, "must be a number");
        integer_cells_ = format == "l";
        const bool fits = constant.is_number_integer() &&
                          !(constant.is_number_unsigned() && constant.get<uint64_t>() >> 63 != 0);
        if (integer_cells_ && fits) {
            constant_ = constant.get<int64_t>();
        } else {
            constant_ = constant.get<double>();
        }
    }
}

std::partial_ordering Condition::order(sdk::Column cells, int64_t row) const noexcept {
    if (const auto* real = std::get_if<double>(&constant_)) {
        if (integer_cells_) return compare_exactly(cells.i64(row), *real);
        return cells.f64(row) <=> *real;
    }
    if (const auto* integer = std::get_if<int64_t>(&constant_)) return cells.i64(row) <=> *integer;
    if (const auto* truth = std::get_if<bool>(&constant_)) return cells.boolean(row) <=> *truth;
    return cells.utf8(row) <=> std::string_view(*std::get_if<std::string>(&constant_));
}

bool Condition::holds(sdk::Batch batch, int64_t row) const noexcept {
    const sdk::Column cells = batch.column(column_);
    const bool absent = !cells.has(row);
    if (operator_ == Operator::is_null) return absent == *std::get_if<bool>(&constant_);
    if (absent) return false;
    const std::partial_ordering ordering = order(cells, row);
    switch (operator_) {
        case Operator::eq: return ordering == 0;
        case Operator::ne: return ordering != 0;
        case Operator::lt: return ordering < 0;
        case Operator::le: return ordering <= 0;
        case Operator::gt: return ordering > 0;
        case Operator::ge: return ordering >= 0;
        case Operator::is_null: break;
    }
    return false;
}

}  // namespace ingest::validators
