#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "model/batch.h"

namespace ingest::model {

// Appends a cell as the API shows it: times as RFC 3339, ids as text, null for one without a value.
void append_cell_json(std::string& out, const Batch& batch, std::size_t column, std::int64_t row);

}  // namespace ingest::model
