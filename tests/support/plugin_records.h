#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <ingest/plugin.h>

#include "base/uuid.h"
#include "model/schema.h"

// What tests give to a plugin to write into: a report and result rows that remember everything,
// and refuse what the host would refuse.
namespace ingest::test {

// A code of the ABI and the message that came with it.
struct Outcome {
    std::int32_t code = INGEST_OK;
    std::string message = {};
    bool ok() const noexcept { return code == INGEST_OK; }
};

using Value = std::variant<std::monostate, double, std::int64_t, std::string, Uuid>;

inline std::string to_string(ingest_str text) {
    return text.size == 0 ? std::string() : std::string(text.data, text.size);
}

// Whether `value` may stand in a column of this type, by the rules of ingest_report.
inline bool fits(model::ColumnType type, const Value& value) {
    using model::ColumnType;
    switch (type) {
        case ColumnType::float64: return std::holds_alternative<double>(value);
        case ColumnType::utf8: return std::holds_alternative<std::string>(value);
        case ColumnType::uuid: return std::holds_alternative<Uuid>(value);
        case ColumnType::boolean: {
            const auto* bit = std::get_if<std::int64_t>(&value);
            return bit != nullptr && (*bit == 0 || *bit == 1);
        }
        case ColumnType::int64:
        case ColumnType::timestamp: break;
    }
    return std::holds_alternative<std::int64_t>(value);
}

// A recording ingest_report. Made for one schema and row count; used during one validate call.
class Report {
public:
    struct Issue {
        std::int64_t row;
        std::int32_t column;
        std::int32_t severity;
        std::string code;
        std::string message;
        friend bool operator==(const Issue&, const Issue&) = default;
    };
    struct Set {
        std::int64_t row;
        std::int32_t column;
        Value value;
        friend bool operator==(const Set&, const Set&) = default;
    };

    Report(const model::Schema& schema, std::int64_t rows)
        : schema_(schema),
          rows_(rows),
          table_{sizeof(ingest_report), 0,         this,     &issue, &set_utf8,
                 &set_f64,              &set_i64, &set_null} {}
    Report(const Report&) = delete;
    Report& operator=(const Report&) = delete;

    ingest_report* table() noexcept { return &table_; }
    const std::vector<Issue>& issues() const noexcept { return issues_; }
    const std::vector<Set>& sets() const noexcept { return sets_; }
    // Calls that were answered with INGEST_UNSUPPORTED.
    int misbehaviour() const noexcept { return misbehaviour_; }

private:
    static Report& self(void* ctx) { return *static_cast<Report*>(ctx); }
    bool known(std::int64_t row, std::int32_t column) const {
        return row >= 0 && row < rows_ && column >= 0 &&
               static_cast<std::size_t>(column) < schema_.size();
    }
    std::int32_t refuse() {
        ++misbehaviour_;
        return INGEST_UNSUPPORTED;
    }
    std::int32_t set(std::int64_t row, std::int32_t column, Value value) {
        if (!known(row, column)) return refuse();
        const auto index = static_cast<std::size_t>(column);
        if (index == model::column_reading_id || index == model::column_received_at) {
            return refuse();
        }
        const bool allowed = std::holds_alternative<std::monostate>(value)
                                 ? !schema_[index].required
                                 : fits(schema_[index].type, value);
        if (!allowed) return refuse();
        sets_.push_back({row, column, std::move(value)});
        return INGEST_OK;
    }

    static std::int32_t issue(void* ctx, std::int64_t row, std::int32_t column,
                              std::int32_t severity, ingest_str code, ingest_str message) {
        Report& report = self(ctx);
        const bool sound = report.known(row, column == -1 ? 0 : column) &&
                           (severity == INGEST_WARN || severity == INGEST_REJECT_ROW);
        if (!sound) return report.refuse();
        report.issues_.push_back({row, column, severity, to_string(code), to_string(message)});
        return INGEST_OK;
    }
    static std::int32_t set_utf8(void* ctx, std::int64_t row, std::int32_t column,
                                 ingest_str value) {
        return self(ctx).set(row, column, to_string(value));
    }
    static std::int32_t set_f64(void* ctx, std::int64_t row, std::int32_t column, double value) {
        return self(ctx).set(row, column, value);
    }
    static std::int32_t set_i64(void* ctx, std::int64_t row, std::int32_t column,
                                std::int64_t value) {
        return self(ctx).set(row, column, value);
    }
    static std::int32_t set_null(void* ctx, std::int64_t row, std::int32_t column) {
        return self(ctx).set(row, column, Value{});
    }

    const model::Schema& schema_;
    std::int64_t rows_;
    std::vector<Issue> issues_;
    std::vector<Set> sets_;
    int misbehaviour_ = 0;
    ingest_report table_;
};

// A recording ingest_rows: one vector of values per row, by column; monostate = null.
class Rows {
public:
    using Row = std::vector<Value>;

    explicit Rows(const model::Schema& schema, std::size_t rows_max = 100)
        : schema_(schema),
          rows_max_(rows_max),
          table_{sizeof(ingest_rows), 0,        this,     &begin_row,
                 &set_utf8,           &set_f64, &set_i64, &set_bytes} {}
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;

    ingest_rows* table() noexcept { return &table_; }
    const std::vector<Row>& rows() const noexcept { return rows_; }
    int misbehaviour() const noexcept { return misbehaviour_; }

private:
    static Rows& self(void* ctx) { return *static_cast<Rows*>(ctx); }
    std::int32_t refuse() {
        ++misbehaviour_;
        return INGEST_UNSUPPORTED;
    }
    std::int32_t set(std::int32_t column, Value value) {
        const bool known = !rows_.empty() && column >= 0 &&
                           static_cast<std::size_t>(column) < schema_.size();
        if (!known || !fits(schema_[static_cast<std::size_t>(column)].type, value)) {
            return refuse();
        }
        rows_.back()[static_cast<std::size_t>(column)] = std::move(value);
        return INGEST_OK;
    }

    static std::int32_t begin_row(void* ctx) {
        Rows& rows = self(ctx);
        if (rows.rows_.size() == rows.rows_max_) return rows.refuse();
        rows.rows_.emplace_back(rows.schema_.size());
        return INGEST_OK;
    }
    static std::int32_t set_utf8(void* ctx, std::int32_t column, ingest_str value) {
        return self(ctx).set(column, to_string(value));
    }
    static std::int32_t set_f64(void* ctx, std::int32_t column, double value) {
        return self(ctx).set(column, value);
    }
    static std::int32_t set_i64(void* ctx, std::int32_t column, std::int64_t value) {
        return self(ctx).set(column, value);
    }
    static std::int32_t set_bytes(void* ctx, std::int32_t column, const std::uint8_t* bytes,
                                  std::uint64_t size) {
        Uuid id{};
        if (size != id.size()) return self(ctx).refuse();
        for (std::size_t i = 0; i < id.size(); ++i) id[i] = bytes[i];
        return self(ctx).set(column, id);
    }

    const model::Schema& schema_;
    std::size_t rows_max_;
    std::vector<Row> rows_;
    int misbehaviour_ = 0;
    ingest_rows table_;
};

}  // namespace ingest::test
