#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ingest/plugin/batch.h>

#include "base/error.h"

namespace ingest::model {

// Stored in the spool as these numbers: never change one.
enum class ColumnType : std::uint8_t {
    int64 = 0,
    float64 = 1,
    utf8 = 2,
    boolean = 3,
    timestamp = 4,  // microseconds since 1970-01-01 UTC
    uuid = 5,
};

// One column: of the fixed four, or a field of the configuration.
struct Field {
    std::string name;
    ColumnType type = ColumnType::float64;
    bool required = false;
    std::string unit = {};         // for the documentation; no meaning to the host
    std::string description = {};
    friend bool operator==(const Field&, const Field&) = default;
};

// The fixed columns, first in every schema, as in <ingest/plugin/batch.h>.
inline constexpr std::size_t column_reading_id = 0;
inline constexpr std::size_t column_equipment_id = 1;
inline constexpr std::size_t column_timestamp = 2;
inline constexpr std::size_t column_received_at = 3;
inline constexpr std::size_t column_first_field = 4;

// Which columns a batch has. Immutable; made once from the configuration (or read from an old
// segment of the spool) and outlives every batch and plugin instance that refers to it.
class Schema {
public:
    // `fields` are the configured ones, behind the fixed four.
    explicit Schema(std::vector<Field> fields);
    Schema(const Schema&) = delete;
    Schema& operator=(const Schema&) = delete;
    ~Schema();

    std::size_t size() const noexcept { return columns_.size(); }
    const Field& operator[](std::size_t column) const noexcept { return columns_[column]; }
    const std::vector<Field>& columns() const noexcept { return columns_; }
    std::optional<std::size_t> find(std::string_view name) const noexcept;

    // For plugins; valid as long as this.
    const ArrowSchema* arrow() const noexcept;

    // Same names, types and required flags in the same order; units and descriptions may differ.
    bool same_layout(const Schema& other) const noexcept;

private:
    struct ArrowTree;
    std::vector<Field> columns_;
    std::unique_ptr<ArrowTree> arrow_;
};

// Text form, stored at the head of every spool segment: a JSON-free grammar, one column a line,
//   schema = "schema 1\n" { type-number " " ("r" | "o") " " name "\n" }
// of the configured fields only.
std::string to_text(const Schema& schema);
Result<std::unique_ptr<Schema>> schema_from_text(std::string_view text);

}  // namespace ingest::model
