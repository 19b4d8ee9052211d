#include "app/reading_json.h"

#include "base/json_text.h"
#include "base/time_text.h"
#include "base/uuid.h"

namespace ingest::app {
namespace {

void append_cell(std::string& out, const model::Batch& batch, std::size_t column,
                 std::int64_t row) {
    switch (batch.schema()[column].type) {
        case model::ColumnType::int64: out += std::to_string(batch.int64(column, row)); break;
        case model::ColumnType::float64: append_json_number(out, batch.float64(column, row)); break;
        case model::ColumnType::utf8: append_json_string(out, batch.utf8(column, row)); break;
        case model::ColumnType::boolean:
            out += batch.boolean(column, row) ? "true" : "false";
            break;
        case model::ColumnType::timestamp:
            out += '"';
            append_rfc3339(out, batch.int64(column, row));
            out += '"';
            break;
        case model::ColumnType::uuid:
            out += '"';
            append_text(out, batch.uuid(column, row));
            out += '"';
            break;
    }
}

void append_member(std::string& out, const model::Batch& batch, std::size_t column,
                   std::int64_t row) {
    append_json_string(out, batch.schema()[column].name);
    out += ':';
    append_cell(out, batch, column, row);
}

// No configured field has that name: it is always the object of unknown members.
bool is_metadata(const model::Field& field) {
    return field.name == "metadata" && field.type == model::ColumnType::utf8;
}

}  // namespace

void append_reading(std::string& out, const model::Batch& batch, std::int64_t row,
                    std::size_t columns) {
    out += '{';
    append_member(out, batch, model::column_reading_id, row);
    out += ',';
    append_member(out, batch, model::column_equipment_id, row);
    for (std::size_t column = model::column_first_field; column < columns; ++column) {
        if (!batch.has(column, row)) continue;
        if (is_metadata(batch.schema()[column])) {
            const std::string_view object = batch.utf8(column, row);
            if (object.size() <= 2) continue;
            out += ',';
            out += object.substr(1, object.size() - 2);
        } else {
            out += ',';
            append_member(out, batch, column, row);
        }
    }
    out += ',';
    append_member(out, batch, model::column_timestamp, row);
    out += '}';
}

}  // namespace ingest::app
