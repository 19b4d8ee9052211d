#include "http/documents.h"

#include "base/json_text.h"
#include "base/time_text.h"
#include "base/uuid.h"

namespace ingest::http {
namespace {

void append_name(std::string& out, std::string_view name) {
    out += ',';
    append_json_string(out, name);
    out += ':';
}

void append_time(std::string& out, std::int64_t us) {
    out += '"';
    append_rfc3339(out, us);
    out += '"';
}

void append_cell(std::string& out, const model::Batch& rows, std::size_t column,
                 std::int64_t row) {
    if (!rows.has(column, row)) {
        out += "null";
        return;
    }
    switch (rows.schema()[column].type) {
        case model::ColumnType::int64:
            out += std::to_string(rows.int64(column, row));
            break;
        case model::ColumnType::float64:
            append_json_number(out, rows.float64(column, row));
            break;
        case model::ColumnType::utf8:
            append_json_string(out, rows.utf8(column, row));
            break;
        case model::ColumnType::boolean:
            out += rows.boolean(column, row) ? "true" : "false";
            break;
        case model::ColumnType::timestamp:
            append_time(out, rows.int64(column, row));
            break;
        case model::ColumnType::uuid:
            out += '"';
            append_text(out, rows.uuid(column, row));
            out += '"';
            break;
    }
}

void append_row(std::string& out, const model::Batch& rows, std::int64_t row) {
    out += "{\"reading_id\":";
    append_cell(out, rows, model::column_reading_id, row);
    append_name(out, "equipment_id");
    append_cell(out, rows, model::column_equipment_id, row);
    for (std::size_t column = model::column_first_field; column < rows.schema().size(); ++column) {
        append_name(out, rows.schema()[column].name);
        append_cell(out, rows, column, row);
    }
    append_name(out, "timestamp");
    append_cell(out, rows, model::column_timestamp, row);
    append_name(out, "created_at");
    append_cell(out, rows, model::column_received_at, row);
    out += '}';
}

}  // namespace

void append_root(std::string& out, const ServiceName& name) {
    out += "{\"service\":";
    append_json_string(out, name.service);
    append_name(out, "version");
    append_json_string(out, name.version);
    out += ",\"status\":\"running\",\"docs\":\"/docs\",\"health\":\"/health\","
           "\"api_prefix\":\"/api/v1\"}";
}

void append_health(std::string& out, const ServiceName& name, const observe::Health& health,
                   std::int64_t now_us) {
    out += "{\"service\":";
    append_json_string(out, name.service);
    append_name(out, "status");
    out += health.healthy ? "\"healthy\"" : "\"unhealthy\"";
    append_name(out, "version");
    append_json_string(out, name.version);
    append_name(out, "timestamp");
    append_time(out, now_us);
    append_name(out, "uptime_seconds");
    append_json_number(out, health.uptime_seconds);
    for (const observe::SinkHealth& sink : health.sinks) {
        append_name(out, sink.name);
        out += sink.connected ? "\"connected\"" : "\"disconnected\"";
    }
    out += '}';
}

void append_readiness(std::string& out, const observe::Readiness& readiness, bool draining) {
    out += readiness.ready && !draining ? "{\"ready\":true,\"checks\":{"
                                        : "{\"ready\":false,\"checks\":{";
    bool first = true;
    for (const observe::Readiness::Check& check : readiness.checks) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, check.name);
        out += check.ready ? ":\"ready\"" : ":\"not_ready\"";
    }
    out += "}}";
}

void append_latest(std::string& out, std::string_view equipment_id, const model::Batch& rows) {
    out += "{\"equipment_id\":";
    append_json_string(out, equipment_id);
    append_name(out, "count");
    out += std::to_string(rows.rows());
    out += ",\"readings\":[";
    for (std::int64_t row = 0; row < rows.rows(); ++row) {
        if (row != 0) out += ',';
        append_row(out, rows, row);
    }
    out += "]}";
}

}  // namespace ingest::http
