// C++20 façade for validators. A validator is a class:
//
//     class Limit {
//     public:
//         Limit(ingest::sdk::Host host, std::string_view options_json, ingest::sdk::Schema schema);
//         void check(ingest::sdk::Row row);      // called for every reading
//     };
//     INGEST_VALIDATOR(Limit, "limit", "1.0.0", "what it does", R"({"kind":"validator",...})");
//
// The constructor throws ingest::sdk::config_error for options that can never work. `check` runs
// on a core thread and must not block; what it throws makes the whole call fail (see `on_error`).
// For whole columns at once, write `void check(ingest::sdk::Batch, ingest::sdk::Report)` instead.
#pragma once

#include "ingest/sdk/views.hpp"

namespace ingest::sdk {

// Where findings go; see ingest_report for the rules.
class Report {
public:
    explicit Report(ingest_report* report) noexcept : report_(report) {}
    void reject(int64_t row, int32_t column, std::string_view code, std::string_view message) {
        issue(row, column, INGEST_REJECT_ROW, code, message);
    }
    void warn(int64_t row, int32_t column, std::string_view code, std::string_view message) {
        issue(row, column, INGEST_WARN, code, message);
    }
    void set(int64_t row, int32_t column, std::string_view value) {
        done(report_->set_utf8(report_->ctx, row, column, to_str(value)));
    }
    void set(int64_t row, int32_t column, double value) {
        done(report_->set_f64(report_->ctx, row, column, value));
    }
    void set(int64_t row, int32_t column, int64_t value) {
        done(report_->set_i64(report_->ctx, row, column, value));
    }
    void set_null(int64_t row, int32_t column) {
        done(report_->set_null(report_->ctx, row, column));
    }

private:
    void issue(int64_t row, int32_t column, int32_t severity, std::string_view code,
               std::string_view message) {
        done(report_->issue(report_->ctx, row, column, severity, to_str(code), to_str(message)));
    }
    static void done(int32_t code) {
        if (code != INGEST_OK)
            throw Error(INGEST_INTERNAL, "the report refused a row, column, severity or type");
    }
    ingest_report* report_;
};

// One reading and where to say something about it. REQUIRES of the accessors: has(column), and
// the accessor fits the column's format.
class Row {
public:
    Row(Batch batch, Report report, int64_t index) noexcept
        : batch_(batch), report_(report), index_(index) {}
    int64_t index() const noexcept { return index_; }
    bool refused() const noexcept { return batch_.refused(index_); }
    bool has(int32_t column) const noexcept { return batch_.column(column).has(index_); }
    double f64(int32_t column) const noexcept { return batch_.column(column).f64(index_); }
    int64_t i64(int32_t column) const noexcept { return batch_.column(column).i64(index_); }
    bool boolean(int32_t column) const noexcept { return batch_.column(column).boolean(index_); }
    std::string_view utf8(int32_t column) const noexcept {
        return batch_.column(column).utf8(index_);
    }
    // Column -1 means the reading as a whole.
    void reject(int32_t column, std::string_view code, std::string_view message) {
        report_.reject(index_, column, code, message);
    }
    void warn(int32_t column, std::string_view code, std::string_view message) {
        report_.warn(index_, column, code, message);
    }
    template <class T>
    void set(int32_t column, T value) {
        report_.set(index_, column, value);
    }
    void set_null(int32_t column) { report_.set_null(index_, column); }

private:
    Batch batch_;
    Report report_;
    int64_t index_;
};

namespace detail {

template <class V>
int32_t validate(void* self, const ingest_batch* batch, ingest_report* report,
                 ingest_error* error) noexcept {
    return guarded(error, [&] {
        V& validator = *static_cast<V*>(self);
        const Batch view(batch);
        if constexpr (requires { validator.check(view, Report(report)); }) {
            validator.check(view, Report(report));
        } else {
            const int64_t rows = view.rows();
            for (int64_t i = 0; i < rows; ++i) validator.check(Row(view, Report(report), i));
        }
    });
}

template <class V>
const void* validator_tables(std::string_view interface_id) noexcept {
    static constexpr ingest_validator table{sizeof(ingest_validator), 0, &create<V>, &validate<V>,
                                            &destroy<V>};
    return interface_id == INGEST_VALIDATOR_ID ? &table : nullptr;
}

}  // namespace detail
}  // namespace ingest::sdk

#define INGEST_VALIDATOR(CLASS, ID, VERSION, DESCRIPTION, MANIFEST)                              \
    INGEST_EXPORT_PLUGIN(::ingest::sdk::detail::validator_tables<CLASS>, ID, VERSION,            \
                         DESCRIPTION, MANIFEST)
