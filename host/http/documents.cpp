#include "http/documents.h"

#include "base/json_text.h"
#include "base/time_text.h"
#include "model/cell_json.h"

namespace ingest::http {
namespace {

void append_name(std::string& out, std::string_view name) {
    out += ',';
    append_json_string(out, name);
    out += ':';
}

void append_count(std::string& out, std::string_view name, std::uint64_t count) {
    append_name(out, name);
    out += std::to_string(count);
}

void append_text_member(std::string& out, std::string_view name, std::string_view value) {
    append_name(out, name);
    append_json_string(out, value);
}

void append_truth(std::string& out, std::string_view name, bool value) {
    append_name(out, name);
    out += value ? "true" : "false";
}

void append_time(std::string& out, std::int64_t us) {
    out += '"';
    append_rfc3339(out, us);
    out += '"';
}

// The members that validators and sinks have in common, behind the opening brace.
void append_loaded(std::string& out, const observe::LoadedPlugin& loaded, std::string_view kind,
                   Sight sight) {
    out += "{\"name\":";
    append_json_string(out, loaded.name);
    append_text_member(out, "plugin", loaded.plugin);
    append_text_member(out, "version", loaded.version);
    append_text_member(out, "kind", kind);
    append_text_member(out, "description", loaded.description);
    append_text_member(out, "abi", "1." + std::to_string(loaded.built_minor));
    std::string_view file = loaded.file;
    if (sight == Sight::remote) file.remove_prefix(file.rfind('/') + 1);
    append_text_member(out, "file", file);
    append_text_member(out, "sha256", loaded.sha256);
    append_name(out, "options_set");
    out += '[';
    for (const std::string& option : loaded.options_set) {
        if (&option != loaded.options_set.data()) out += ',';
        append_json_string(out, option);
    }
    out += ']';
}

void append_validator(std::string& out, const observe::LoadedValidator& validator, Sight sight) {
    append_loaded(out, validator.loaded, "validator", sight);
    append_count(out, "instances", validator.loaded.instances);
    append_truth(out, "shared_state", validator.shared_state);
    append_text_member(out, "on_error", validator.on_error);
    append_name(out, "counts");
    out += "{\"rejections\":" + std::to_string(validator.rejections());
    append_count(out, "warnings", validator.warnings());
    append_count(out, "failures", validator.failures);
    append_count(out, "misbehaviours", validator.misbehaviours);
    out += '}';
    append_name(out, "issues");
    out += '[';
    for (const observe::IssueCount& issue : validator.issues) {
        if (&issue != validator.issues.data()) out += ',';
        out += "{\"code\":";
        if (issue.code.empty()) out += "null";
        else append_json_string(out, issue.code);
        append_text_member(out, "description",
                           issue.code.empty() ? "codes that the plugin does not list"
                                              : std::string_view(issue.description));
        append_count(out, "rejections", issue.rejections);
        append_count(out, "warnings", issue.warnings);
        out += '}';
    }
    out += "]}";
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
    // Only when there are any: the other members are the contract.
    for (const observe::OverdueCall& call : health.stuck_calls) {
        out += &call == health.stuck_calls.data() ? ",\"stuck_calls\":[{" : ",{";
        out += "\"plugin\":";
        append_json_string(out, call.plugin);
        append_name(out, "function");
        append_json_string(out, call.function);
        append_name(out, "seconds");
        append_json_number(out, call.seconds);
        out += '}';
    }
    out += health.stuck_calls.empty() ? "}" : "]}";
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

void append_ledger(std::string& out, const observe::Ledger& ledger) {
    const observe::SpoolLedger& spool = ledger.spool;
    out += "{\"spool\":{\"state\":";
    append_json_string(out, spool.state);
    append_count(out, "begin", spool.begin);
    append_count(out, "end", spool.end);
    append_count(out, "used_bytes", spool.used_bytes);
    append_count(out, "size_max", spool.size_max);
    append_count(out, "accepted", spool.accepted);
    append_count(out, "groups", spool.groups);
    append_count(out, "records", spool.records);
    append_count(out, "bytes_written", spool.bytes_written);
    append_count(out, "failed_groups", spool.failed_groups);
    append_count(out, "sync_errors", spool.sync_errors);
    append_count(out, "cursor_errors", spool.cursor_errors);
    append_count(out, "segments", spool.segments);
    append_count(out, "segments_recycled", spool.segments_recycled);
    append_count(out, "torn_tail_bytes", spool.torn_tail_bytes);
    append_count(out, "quarantined_bytes", spool.quarantined_bytes);
    append_count(out, "quarantined_ranges", spool.quarantined_ranges);
    append_count(out, "lost", spool.lost);
    out += "},\"sinks\":[";
    for (const observe::SinkLedger& sink : ledger.sinks) {
        if (&sink != ledger.sinks.data()) out += ',';
        out += "{\"name\":";
        append_json_string(out, sink.name);
        append_name(out, "connected");
        out += sink.connected ? "true" : "false";
        append_count(out, "cursor", sink.cursor);
        append_count(out, "accepted", sink.accepted);
        append_count(out, "delivered", sink.delivered);
        append_count(out, "waiting", sink.waiting);
        append_count(out, "dead_lettered", sink.dead_lettered);
        append_count(out, "lost", sink.lost);
        append_count(out, "retries", sink.retries);
        out += '}';
    }
    out += "]}";
}

void append_plugins(std::string& out, const observe::Plugins& plugins, Sight sight) {
    out += "{\"validators\":[";
    for (const observe::LoadedValidator& validator : plugins.validators) {
        if (&validator != plugins.validators.data()) out += ',';
        append_validator(out, validator, sight);
    }
    out += "],\"sinks\":[";
    for (const observe::LoadedSink& sink : plugins.sinks) {
        if (&sink != plugins.sinks.data()) out += ',';
        append_loaded(out, sink.loaded, "sink", sight);
        append_count(out, "workers", sink.loaded.instances);
        append_text_member(out, "ready", sink.ready);
        append_truth(out, "answers_queries", sink.answers_queries);
        out += '}';
    }
    out += "]}";
}

void append_reading(std::string& out, const model::Batch& rows, std::int64_t row) {
    out += "{\"reading_id\":";
    model::append_cell_json(out, rows, model::column_reading_id, row);
    append_name(out, "equipment_id");
    model::append_cell_json(out, rows, model::column_equipment_id, row);
    for (std::size_t column = model::column_first_field; column < rows.schema().size(); ++column) {
        append_name(out, rows.schema()[column].name);
        model::append_cell_json(out, rows, column, row);
    }
    append_name(out, "timestamp");
    model::append_cell_json(out, rows, model::column_timestamp, row);
    append_name(out, "created_at");
    model::append_cell_json(out, rows, model::column_received_at, row);
    out += '}';
}

void append_latest(std::string& out, std::string_view equipment_id, const model::Batch& rows) {
    out += "{\"equipment_id\":";
    append_json_string(out, equipment_id);
    append_name(out, "count");
    out += std::to_string(rows.rows());
    out += ",\"readings\":[";
    for (std::int64_t row = 0; row < rows.rows(); ++row) {
        if (row != 0) out += ',';
        append_reading(out, rows, row);
    }
    out += "]}";
}

}  // namespace ingest::http
