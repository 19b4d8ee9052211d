// C++20 views of readings. Nothing here owns memory or throws; every view is valid as long as the
// call that it came with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <variant>

#include "ingest/sdk/schema.hpp"

namespace ingest::sdk {

// One column, of whatever type. REQUIRES of the accessors: 0 <= row < size() and the column's
// format.
class Column {
public:
    explicit Column(const ArrowArray* array) noexcept : array_(array) {}
    int64_t size() const noexcept { return array_->length; }
    bool has(int64_t row) const noexcept { return bit(0, row); }
    int64_t null_count() const noexcept { return array_->null_count; }
    double f64(int64_t row) const noexcept { return data<double>(1)[row]; }
    int64_t i64(int64_t row) const noexcept { return data<int64_t>(1)[row]; }
    bool boolean(int64_t row) const noexcept { return bit(1, row); }
    std::string_view utf8(int64_t row) const noexcept {
        const int32_t* offsets = data<int32_t>(1);
        return {data<char>(2) + offsets[row], static_cast<size_t>(offsets[row + 1] - offsets[row])};
    }
    Uuid uuid(int64_t row) const noexcept { return Uuid(data<uint8_t>(1) + row * 16, 16); }
    // The whole column at once, for l, tsu:UTC, g and w:16.
    template <class T>
    const T* data(int buffer) const noexcept {
        return static_cast<const T*>(array_->buffers[buffer]);
    }

private:
    bool bit(int buffer, int64_t row) const noexcept {
        return (data<uint8_t>(buffer)[row / 8] >> (row % 8) & 1) != 0;
    }
    const ArrowArray* array_;
};

// One column whose type is known. REQUIRES of the accessors: 0 <= row < size().
template <class T>
class Cells {
public:
    explicit Cells(Column column) noexcept : column_(column) {}
    int64_t size() const noexcept { return column_.size(); }
    bool has(int64_t row) const noexcept { return column_.has(row); }
    // None for null.
    std::optional<T> get(int64_t row) const noexcept {
        if (!has(row)) return std::nullopt;
        return read(row);
    }
    // Every row's number at once. What lies under a null means nothing: ask `has` too.
    std::span<const T> numbers() const noexcept
        requires std::is_same_v<T, double> || std::is_same_v<T, int64_t>
    {
        return {column_.data<T>(1), static_cast<size_t>(size())};
    }

private:
    T read(int64_t row) const noexcept {
        if constexpr (std::is_same_v<T, double>) return column_.f64(row);
        if constexpr (std::is_same_v<T, int64_t>) return column_.i64(row);
        if constexpr (std::is_same_v<T, bool>) return column_.boolean(row);
        if constexpr (std::is_same_v<T, std::string_view>) return column_.utf8(row);
        if constexpr (std::is_same_v<T, Time>) {
            return Time(std::chrono::microseconds(column_.i64(row)));
        }
        if constexpr (std::is_same_v<T, Uuid>) return column_.uuid(row);
    }
    Column column_;
};

// One cell of any type; monostate is null.
using Value = std::variant<std::monostate, double, int64_t, bool, std::string_view, Time, Uuid>;

class Batch {
public:
    explicit Batch(const ingest_batch* batch) noexcept : batch_(batch) {}
    int64_t rows() const noexcept { return batch_->data->length; }
    int32_t columns() const noexcept { return static_cast<int32_t>(batch_->data->n_children); }
    Schema schema() const noexcept { return Schema(batch_->schema); }

    template <class T>
    Cells<T> column(Typed<T> column) const noexcept {
        return Cells<T>(this->column(column.index()));
    }
    // One cell; none for null. REQUIRES: 0 <= row < rows().
    template <class T>
    std::optional<T> get(Typed<T> column, int64_t row) const noexcept {
        return this->column(column).get(row);
    }
    // For who takes columns of any type. REQUIRES: 0 <= index < columns().
    Column column(int32_t index) const noexcept { return Column(batch_->data->children[index]); }
    Value value(int32_t index, int64_t row) const noexcept {
        switch (batch_->schema->children[index]->format[0]) {
            case 'g': return cell<double>(index, row);
            case 'l': return cell<int64_t>(index, row);
            case 'b': return cell<bool>(index, row);
            case 'u': return cell<std::string_view>(index, row);
            case 't': return cell<Time>(index, row);
            default: return cell<Uuid>(index, row);
        }
    }

    // Sinks: the position in the host's log of the first row; see ingest_batch.sequence.
    uint64_t sequence() const noexcept { return batch_->sequence; }
    // The time of Host::now_ns by which the call should return; 0 = none.
    int64_t deadline_ns() const noexcept { return batch_->deadline_ns; }
    // The row was refused before this validator saw it. A validator that remembers readings skips
    // it; see ingest_batch.refused.
    bool refused(int64_t row) const noexcept {
        return batch_->refused != nullptr && (batch_->refused[row / 8] >> (row % 8) & 1) != 0;
    }
    // These readings will not be stored. A validator that remembers readings answers as always and
    // remembers nothing of them; see INGEST_BATCH_TRIAL.
    bool trial() const noexcept { return (batch_->flags & INGEST_BATCH_TRIAL) != 0; }

private:
    template <class T>
    Value cell(int32_t index, int64_t row) const noexcept {
        const std::optional<T> found = get(Typed<T>(index), row);
        return found ? Value(std::in_place_type<T>, *found) : Value();
    }
    const ingest_batch* batch_;
};

}  // namespace ingest::sdk
