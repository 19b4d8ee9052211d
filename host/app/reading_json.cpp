#include "app/reading_json.h"

#include "base/json_text.h"
#include "model/cell_json.h"

namespace ingest::app {
namespace {

void append_member(std::string& out, const model::Batch& batch, std::size_t column,
                   std::int64_t row) {
    append_json_string(out, batch.schema()[column].name);
    out += ':';
    model::append_cell_json(out, batch, column, row);
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
