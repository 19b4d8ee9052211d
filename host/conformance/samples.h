#pragma once

#include <cstdint>
#include <memory>

#include "base/uuid.h"
#include "conformance/check.h"
#include "model/batch.h"

namespace ingest::conformance {

// The schema that the plugin is tried with: the fields of the shipped configuration, one of each
// other type, and for a validator every column that its manifest or its options name.
std::unique_ptr<model::Schema> schema_for(const Subject& subject);
// Other schemas that an operator might configure: no fields at all, the same fields under other
// names, the same names with other types.
std::unique_ptr<model::Schema> bare_schema();
std::unique_ptr<model::Schema> renamed_schema(const Subject& subject);
std::unique_ptr<model::Schema> retyped_schema(const Subject& subject);

// What the cells of a batch hold.
enum class Filling {
    everyday,  // some values in the usual ranges, some not
    nulls,     // every field that may be null is
    extremes,  // the ends of every type's range, the ends of time
    texts,     // long, empty, in many scripts, with all that needs escaping
};

// Makes batches as the host would: the same ones each time but for the ids of the readings.
class Samples {
public:
    explicit Samples(const model::Schema& schema) : schema_(schema) {}

    // Of so many equipments in turn, but for Filling::texts.
    static constexpr std::int64_t equipments = 50;

    model::Batch batch(std::int64_t rows, Filling filling = Filling::everyday);
    // Readings that were all refused because nothing but their ids could be read.
    model::Batch unreadable(std::int64_t rows);

private:
    void add_row(model::Batch& batch, std::int64_t row, Filling filling);
    void fill_field(model::Batch& batch, std::size_t column, std::int64_t row, Filling filling);

    const model::Schema& schema_;
    UuidSource ids_;
};

// A copy, which may be changed.
model::Batch copy_of(const model::Batch& batch);

}  // namespace ingest::conformance
