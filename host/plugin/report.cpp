#include "plugin/report.h"

#include <algorithm>
#include <cmath>

#include "base/json_text.h"
#include "plugin/host_callback.h"

namespace ingest::plugin {
namespace {

using model::ColumnType;

// Bounds on what one call may leave behind, per row of its batch and per text.
constexpr std::size_t issues_per_row_max = 64;
constexpr std::size_t code_bytes_shown = 80;  // of a code that may be too long
constexpr std::size_t message_bytes_max = 512;
constexpr std::size_t value_bytes_max = 4096;

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z, as for times that clients send.
constexpr std::int64_t time_us_min = -62'135'596'800'000'000;
constexpr std::int64_t time_us_max = 253'402'300'799'999'999;

// The place alone is wrong, and misbehaved() says how.
constexpr const char* no_such_place = "";

bool readable(ingest_str text) noexcept { return text.size == 0 || text.data != nullptr; }

std::string bounded(ingest_str text, std::size_t size_max) {
    std::size_t size = std::min<std::size_t>(text.size, size_max);
    // Never cut a UTF-8 sequence in two.
    const auto continues = [&](std::size_t at) {
        return (static_cast<unsigned char>(text.data[at]) & 0xC0U) == 0x80U;
    };
    while (size < text.size && size > 0 && continues(size)) --size;
    return {text.size == 0 ? "" : text.data, size};
}

// Bytes of the character at the front; 0 when it is none.
std::size_t character_size(std::string_view text) noexcept {
    for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
        if (is_utf8(text.substr(0, size))) return size;
    }
    return 0;
}

// The text with U+FFFD for each byte that is not UTF-8.
std::string cleaned(std::string text) {
    if (is_utf8(text)) return text;
    std::string clean;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t size = character_size(rest);
        clean += size == 0 ? "\xEF\xBF\xBD" : rest.substr(0, size);
        rest.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return bounded({clean.data(), clean.size()}, message_bytes_max);
}

// What decode takes from a client as text: every sink can store it.
bool is_storable(std::string_view text) noexcept {
    return is_utf8(text) && text.find('\0') == std::string_view::npos;
}

Report& self(void* ctx) noexcept { return *static_cast<Report*>(ctx); }

}  // namespace

void Report::begin(const model::Batch& batch, const Promises& promises) {
    batch_ = &batch;
    promises_ = &promises;
    issues_.clear();
    edits_.clear();
    misbehaviours_ = 0;
    first_misbehaviour_.clear();
}

ingest_report Report::table() noexcept {
    ingest_report table{};
    table.struct_size = sizeof table;
    table.ctx = this;
    table.issue = &HostCallback<&issue>::call;
    table.set_utf8 = &HostCallback<&set_utf8>::call;
    table.set_f64 = &HostCallback<&set_f64>::call;
    table.set_i64 = &HostCallback<&set_i64>::call;
    table.set_null = &HostCallback<&set_null>::call;
    return table;
}

std::int32_t Report::misbehaved(const char* function, std::int64_t row, std::int32_t column,
                                const char* fault, std::string_view detail) {
    if (++misbehaviours_ > 1) return INGEST_UNSUPPORTED;
    std::string& text = first_misbehaviour_.append(function).append(": ");
    const std::vector<model::Field>& columns = batch_->schema().columns();
    if (row < 0 || row >= batch_->rows()) {
        text += "row " + std::to_string(row) + " of " + std::to_string(batch_->rows());
        return INGEST_UNSUPPORTED;
    }
    if (column >= 0 && static_cast<std::size_t>(column) < columns.size()) {
        const std::string& name = columns[static_cast<std::size_t>(column)].name;
        text += "column " + std::to_string(column) + " '" + name + "' " + fault;
    } else if (column == -1 && fault[0] != '\0') {
        text.append("the reading ").append(fault);
    } else {
        text += "column " + std::to_string(column) + " of " + std::to_string(columns.size());
    }
    if (!detail.empty()) append_json_escaped(text.append(": "), detail);
    return INGEST_UNSUPPORTED;
}

bool Report::cell_exists(std::int64_t row, std::int32_t column) const noexcept {
    return row >= 0 && row < batch_->rows() && column >= 0 &&
           static_cast<std::size_t>(column) < batch_->schema().size();
}

const char* Report::fault_of_issue(std::int64_t row, std::int32_t column, std::int32_t severity,
                                   ingest_str code, ingest_str message) const noexcept {
    if (!cell_exists(row, column == -1 ? 0 : column)) return no_such_place;
    if (severity != INGEST_WARN && severity != INGEST_REJECT_ROW) return "has an unknown severity";
    if (!readable(code) || !readable(message)) return "has a text that is null";
    const std::size_t room = static_cast<std::size_t>(batch_->rows()) * issues_per_row_max;
    return issues_.size() < room ? nullptr : "has more than 64 findings a row";
}

std::int32_t Report::issue(void* ctx, std::int64_t row, std::int32_t column, std::int32_t severity,
                           ingest_str code, ingest_str message) {
    Report& report = self(ctx);
    const char* fault = report.fault_of_issue(row, column, severity, code, message);
    if (fault != nullptr) return report.misbehaved("issue", row, column, fault);
    Issue& issue = report.issues_.emplace_back(
        Issue{row, column, severity == INGEST_REJECT_ROW, bounded(code, code_bytes_shown),
              cleaned(bounded(message, message_bytes_max))});
    if (code.size > code_bytes_shown || !is_issue_code(issue.code)) {
        issue.code_index = report.promises_->not_listed();
        report.misbehaved("issue", row, column, "has a code that is not [a-z0-9_.-]{1,64}",
                          issue.code);
        issue.code = "invalid_code";
        return INGEST_OK;
    }
    issue.code_index = report.promises_->index_of(issue.code);
    if (!report.promises_->lists(issue.code_index)) {
        report.misbehaved("issue", row, column, "has a code that the manifest does not list",
                          issue.code);
    }
    return INGEST_OK;
}

bool Report::fits(ColumnType type, EditKind kind) noexcept {
    switch (kind) {
        case EditKind::utf8: return type == ColumnType::utf8;
        case EditKind::f64: return type == ColumnType::float64;
        case EditKind::i64: return type == ColumnType::int64 || type == ColumnType::timestamp;
        case EditKind::boolean: return type == ColumnType::boolean;
        case EditKind::null: break;
    }
    return true;
}

const char* Report::fault_of_edit(std::int64_t row, std::int32_t column,
                                  EditKind kind) const noexcept {
    if (!cell_exists(row, column)) return no_such_place;
    if (column == INGEST_COLUMN_READING_ID || column == INGEST_COLUMN_RECEIVED_AT) {
        return "can never be changed";
    }
    const auto at = static_cast<std::size_t>(column);
    const model::Field& field = batch_->schema()[at];
    if (!promises_->may_write(at)) return "is not in the manifest's writes";
    if (kind == EditKind::null && field.required) return "is required, so it is never null";
    if (!fits(field.type, kind)) return "is of another type";
    const std::size_t room = static_cast<std::size_t>(batch_->rows()) * batch_->schema().size();
    return edits_.size() < room ? nullptr : "is changed too often: more changes than cells";
}

std::int32_t Report::set_utf8(void* ctx, std::int64_t row, std::int32_t column,
                              ingest_str value) {
    Report& report = self(ctx);
    const char* fault = report.fault_of_edit(row, column, EditKind::utf8);
    if (fault == nullptr && !readable(value)) fault = "was given a text that is null";
    if (fault == nullptr && value.size > value_bytes_max) fault = "was given more than 4096 bytes";
    const std::string_view text(value.size == 0 ? "" : value.data, fault ? 0 : value.size);
    if (fault == nullptr && !is_storable(text)) fault = "was given what is not UTF-8, or has a NUL";
    if (fault != nullptr) return report.misbehaved("set_utf8", row, column, fault);
    report.edits_.push_back(
        {row, static_cast<std::size_t>(column), EditKind::utf8, 0, 0, std::string(text)});
    return INGEST_OK;
}

std::int32_t Report::set_f64(void* ctx, std::int64_t row, std::int32_t column,
                             double value) {
    Report& report = self(ctx);
    const char* fault = report.fault_of_edit(row, column, EditKind::f64);
    // No reading holds NaN or an infinity: JSON has no word for them.
    if (fault == nullptr && !std::isfinite(value)) fault = "was given what is not finite";
    if (fault != nullptr) return report.misbehaved("set_f64", row, column, fault);
    report.edits_.push_back({row, static_cast<std::size_t>(column), EditKind::f64, value});
    return INGEST_OK;
}

std::int32_t Report::set_i64(void* ctx, std::int64_t row, std::int32_t column,
                             std::int64_t value) {
    Report& report = self(ctx);
    const auto is = [&](ColumnType type) {
        return report.cell_exists(row, column) &&
               report.batch_->schema()[static_cast<std::size_t>(column)].type == type;
    };
    const EditKind kind = is(ColumnType::boolean) ? EditKind::boolean : EditKind::i64;
    const char* fault = report.fault_of_edit(row, column, kind);
    if (fault == nullptr && kind == EditKind::boolean && value != 0 && value != 1) {
        fault = "was given neither 0 nor 1";
    }
    if (fault == nullptr && is(ColumnType::timestamp) &&
        (value < time_us_min || value > time_us_max)) {
        fault = "was given a time that is not in the years 0001 to 9999";
    }
    if (fault != nullptr) return report.misbehaved("set_i64", row, column, fault);
    report.edits_.push_back({row, static_cast<std::size_t>(column), kind, 0, value});
    return INGEST_OK;
}

std::int32_t Report::set_null(void* ctx, std::int64_t row, std::int32_t column) {
    Report& report = self(ctx);
    const char* fault = report.fault_of_edit(row, column, EditKind::null);
    if (fault != nullptr) return report.misbehaved("set_null", row, column, fault);
    report.edits_.push_back({row, static_cast<std::size_t>(column), EditKind::null});
    return INGEST_OK;
}

void Report::apply_edits(model::Batch& batch) {
    // Text is rewritten a column at a time; by column and row, later ones last.
    std::ranges::stable_sort(edits_, [](const Edit& a, const Edit& b) {
        return a.column != b.column ? a.column < b.column : a.row < b.row;
    });
    std::vector<model::Batch::TextEdit> texts;
    for (std::size_t i = 0; i < edits_.size(); ++i) {
        const Edit& edit = edits_[i];
        const bool last_of_cell = i + 1 == edits_.size() || edits_[i + 1].column != edit.column ||
                                  edits_[i + 1].row != edit.row;
        if (last_of_cell) {
            switch (edit.kind) {
                case EditKind::utf8: texts.push_back({edit.row, edit.utf8}); break;
                case EditKind::f64: batch.change_float64(edit.column, edit.row, edit.f64); break;
                case EditKind::i64: batch.change_int64(edit.column, edit.row, edit.i64); break;
                case EditKind::boolean:
                    batch.change_boolean(edit.column, edit.row, edit.i64 == 1);
                    break;
                case EditKind::null: batch.change_null(edit.column, edit.row); break;
            }
        }
        const bool last_of_column = i + 1 == edits_.size() || edits_[i + 1].column != edit.column;
        if (last_of_column && !texts.empty()) {
            batch.change_utf8(edit.column, texts);
            texts.clear();
        }
    }
    edits_.clear();
}

}  // namespace ingest::plugin
