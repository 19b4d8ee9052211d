#include "plugin/report.h"

#include <algorithm>
#include <cmath>

#include "base/json_text.h"

namespace ingest::plugin {
namespace {

using model::ColumnType;

// Bounds on what one call may leave behind, per row of its batch and per text.
constexpr std::size_t issues_per_row_max = 64;
constexpr std::size_t code_bytes_max = 64;
constexpr std::size_t message_bytes_max = 512;
constexpr std::size_t value_bytes_max = 4096;

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z, as for times that clients send.
constexpr std::int64_t time_us_min = -62'135'596'800'000'000;
constexpr std::int64_t time_us_max = 253'402'300'799'999'999;

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

// What decode takes from a client as text: every sink can store it.
bool is_storable(std::string_view text) noexcept {
    return is_utf8(text) && text.find('\0') == std::string_view::npos;
}

Report& self(void* ctx) noexcept { return *static_cast<Report*>(ctx); }

}  // namespace

void Report::begin(const model::Batch& batch) {
    batch_ = &batch;
    issues_.clear();
    edits_.clear();
    misbehaviours_ = 0;
}

ingest_report Report::table() noexcept {
    return {sizeof(ingest_report), 0, this, &issue, &set_utf8, &set_f64, &set_i64, &set_null};
}

std::int32_t Report::misbehaved() noexcept {
    ++misbehaviours_;
    return INGEST_UNSUPPORTED;
}

bool Report::cell_exists(std::int64_t row, std::int32_t column) const noexcept {
    return row >= 0 && row < batch_->rows() && column >= 0 &&
           static_cast<std::size_t>(column) < batch_->schema().size();
}

bool Report::may_change(std::int64_t row, std::int32_t column, ColumnType type) const noexcept {
    return cell_exists(row, column) && column != INGEST_COLUMN_READING_ID &&
           column != INGEST_COLUMN_RECEIVED_AT &&
           batch_->schema()[static_cast<std::size_t>(column)].type == type &&
           edits_.size() < static_cast<std::size_t>(batch_->rows()) * batch_->schema().size();
}

std::int32_t Report::issue(void* ctx, std::int64_t row, std::int32_t column, std::int32_t severity,
                           ingest_str code, ingest_str message) noexcept {
    Report& report = self(ctx);
    const bool known_place =
        report.cell_exists(row, column) || (column == -1 && report.cell_exists(row, 0));
    const bool known_severity = severity == INGEST_WARN || severity == INGEST_REJECT_ROW;
    const std::size_t room = static_cast<std::size_t>(report.batch_->rows()) * issues_per_row_max;
    if (!known_place || !known_severity || !readable(code) || !readable(message) ||
        report.issues_.size() >= room) {
        return report.misbehaved();
    }
    report.issues_.push_back({row, column, severity == INGEST_REJECT_ROW,
                              bounded(code, code_bytes_max), bounded(message, message_bytes_max)});
    return INGEST_OK;
}

std::int32_t Report::set_utf8(void* ctx, std::int64_t row, std::int32_t column,
                              ingest_str value) noexcept {
    Report& report = self(ctx);
    if (!report.may_change(row, column, ColumnType::utf8) || !readable(value) ||
        value.size > value_bytes_max) {
        return report.misbehaved();
    }
    std::string text(value.size == 0 ? "" : value.data, value.size);
    if (!is_storable(text)) return report.misbehaved();
    report.edits_.push_back(
        {row, static_cast<std::size_t>(column), EditKind::utf8, 0, 0, std::move(text)});
    return INGEST_OK;
}

std::int32_t Report::set_f64(void* ctx, std::int64_t row, std::int32_t column,
                             double value) noexcept {
    Report& report = self(ctx);
    // No reading holds NaN or an infinity: JSON has no word for them.
    if (!report.may_change(row, column, ColumnType::float64) || !std::isfinite(value)) {
        return report.misbehaved();
    }
    report.edits_.push_back({row, static_cast<std::size_t>(column), EditKind::f64, value});
    return INGEST_OK;
}

std::int32_t Report::set_i64(void* ctx, std::int64_t row, std::int32_t column,
                             std::int64_t value) noexcept {
    Report& report = self(ctx);
    const bool boolean = report.may_change(row, column, ColumnType::boolean);
    const bool time = report.may_change(row, column, ColumnType::timestamp);
    if (!boolean && !time && !report.may_change(row, column, ColumnType::int64)) {
        return report.misbehaved();
    }
    if (boolean && value != 0 && value != 1) return report.misbehaved();
    if (time && (value < time_us_min || value > time_us_max)) return report.misbehaved();
    report.edits_.push_back({row, static_cast<std::size_t>(column),
                             boolean ? EditKind::boolean : EditKind::i64, 0, value});
    return INGEST_OK;
}

std::int32_t Report::set_null(void* ctx, std::int64_t row, std::int32_t column) noexcept {
    Report& report = self(ctx);
    if (!report.cell_exists(row, column) ||
        report.batch_->schema()[static_cast<std::size_t>(column)].required ||
        !report.may_change(row, column,
                           report.batch_->schema()[static_cast<std::size_t>(column)].type)) {
        return report.misbehaved();
    }
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
