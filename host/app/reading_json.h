#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "model/batch.h"

namespace ingest::app {

// Appends a reading as the ingest endpoint takes it: an object on one line with reading_id,
// equipment_id, the fields that it has and its timestamp. Members that were kept as metadata are
// members again. `columns` is how many of the batch's columns are the reading's: the first ones.
void append_reading(std::string& out, const model::Batch& batch, std::int64_t row,
                    std::size_t columns);

}  // namespace ingest::app
