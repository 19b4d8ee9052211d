#include "model/cell_json.h"

#include "base/json_text.h"
#include "base/time_text.h"
#include "base/uuid.h"

namespace ingest::model {

void append_cell_json(std::string& out, const Batch& batch, std::size_t column, std::int64_t row) {
    if (!batch.has(column, row)) {
        out += "null";
        return;
    }
    switch (batch.schema()[column].type) {
        case ColumnType::int64:
            out += std::to_string(batch.int64(column, row));
            break;
        case ColumnType::float64:
            append_json_number(out, batch.float64(column, row));
            break;
        case ColumnType::utf8:
            append_json_string(out, batch.utf8(column, row));
            break;
        case ColumnType::boolean:
            out += batch.boolean(column, row) ? "true" : "false";
            break;
        case ColumnType::timestamp:
            out += '"';
            append_rfc3339(out, batch.int64(column, row));
            out += '"';
            break;
        case ColumnType::uuid:
            out += '"';
            append_text(out, batch.uuid(column, row));
            out += '"';
            break;
    }
}

}  // namespace ingest::model
