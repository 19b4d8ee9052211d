// C++20 façade for validators. A validator is a class:
//
//     class Limit {
//     public:
//         Limit(ingest::sdk::Host, const ingest::sdk::Options& options, ingest::sdk::Schema schema)
//             : temperature_(schema.column<double>("temperature")),
//               max_(options.need<double>("/max")) {}
//         void check(ingest::sdk::Row row) {      // called for every reading
//             const std::optional<double> value = row.get(temperature_);
//             if (value && *value > max_) row.reject(temperature_, "too_hot", "is too hot");
//         }
//         ...
//     };
//     INGEST_VALIDATOR(Limit, "limit", "1.0.0", "what it does", R"({"kind":"validator",...})");
//
// The constructor throws ingest::sdk::config_error for options that can never work. `check` runs
// on a core thread and must not block; what it throws makes the whole call fail (see `on_error`).
// For whole columns at once, write `void check(ingest::sdk::Batch, ingest::sdk::Report)` instead.
#pragma once

#include "ingest/sdk/edge.hpp"

namespace ingest::sdk {

// What part of a reading a finding is about: a column, by handle or index, or whole_reading.
class At {
public:
    constexpr At(int32_t column) noexcept : column_(column) {}
    template <class T>
    constexpr At(Typed<T> column) noexcept : column_(column.index()) {}
    constexpr int32_t column() const noexcept { return column_; }

private:
    int32_t column_;
};
inline constexpr At whole_reading{-1};

// Where findings go; see ingest_report for the rules. `code` is one of the manifest's issue codes,
// `message` is for the client: what is wrong and what was expected. What the host refuses (a row
// that is not there, a column that the manifest's `writes` does not name) is thrown as an Error.
class Report {
public:
    explicit Report(ingest_report* report) noexcept : report_(report) {}
    // Refuses this reading, not the others.
    void reject(int64_t row, At at, std::string_view code, std::string_view message) {
        issue(row, at, INGEST_REJECT_ROW, code, message);
    }
    // Keeps the reading and tells the client.
    void warn(int64_t row, At at, std::string_view code, std::string_view message) {
        issue(row, at, INGEST_WARN, code, message);
    }
    // Changes a cell.
    template <class T>
    void set(int64_t row, Typed<T> column, std::type_identity_t<T> value) {
        static_assert(!std::is_same_v<T, Uuid>, "reading_id cannot be changed");
        void* ctx = report_->ctx;
        if constexpr (std::is_same_v<T, double>) {
            done(report_->set_f64(ctx, row, column.index(), value));
        } else if constexpr (std::is_same_v<T, std::string_view>) {
            done(report_->set_utf8(ctx, row, column.index(), to_str(value)));
        } else if constexpr (std::is_same_v<T, Time>) {
            done(report_->set_i64(ctx, row, column.index(), value.time_since_epoch().count()));
        } else {
            done(report_->set_i64(ctx, row, column.index(), static_cast<int64_t>(value)));
        }
    }
    // Only for columns that a reading may do without.
    template <class T>
    void set_null(int64_t row, Typed<T> column) {
        done(report_->set_null(report_->ctx, row, column.index()));
    }

private:
    void issue(int64_t row, At at, int32_t severity, std::string_view code,
               std::string_view message) {
        done(report_->issue(report_->ctx, row, at.column(), severity, to_str(code),
                            to_str(message)));
    }
    static void done(int32_t code) {
        if (code != INGEST_OK)
            throw Error(INGEST_INTERNAL, "the report refused a row, column, severity or type");
    }
    ingest_report* report_;
};

// One reading and where to say something about it.
class Row {
public:
    Row(Batch batch, Report report, int64_t index) noexcept
        : batch_(batch), report_(report), index_(index) {}
    int64_t index() const noexcept { return index_; }
    // See Batch, and Report for what is below.
    bool refused() const noexcept { return batch_.refused(index_); }
    bool trial() const noexcept { return batch_.trial(); }
    // None for null.
    template <class T>
    std::optional<T> get(Typed<T> column) const noexcept {
        return batch_.get(column, index_);
    }
    void reject(At at, std::string_view code, std::string_view message) {
        report_.reject(index_, at, code, message);
    }
    void warn(At at, std::string_view code, std::string_view message) {
        report_.warn(index_, at, code, message);
    }
    template <class T>
    void set(Typed<T> column, std::type_identity_t<T> value) {
        report_.set(index_, column, value);
    }
    template <class T>
    void set_null(Typed<T> column) {
        report_.set_null(index_, column);
    }

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
