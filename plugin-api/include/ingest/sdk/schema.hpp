// Names and types of columns, looked at once when an instance is made.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/sdk/error.hpp"

namespace ingest::sdk {

// What cells are read as: double (format g), int64_t (l), std::string_view (u), bool (b), and
using Time = std::chrono::sys_time<std::chrono::microseconds>;  // tsu:UTC
using Uuid = std::span<const uint8_t, 16>;                      // w:16, network order

// A column's format and its type's name in the configuration.
template <class T>
struct Kind;
template <>
struct Kind<double> {
    static constexpr std::string_view format = "g", name = "double";
};
template <>
struct Kind<int64_t> {
    static constexpr std::string_view format = "l", name = "integer";
};
template <>
struct Kind<std::string_view> {
    static constexpr std::string_view format = "u", name = "string";
};
template <>
struct Kind<bool> {
    static constexpr std::string_view format = "b", name = "boolean";
};
template <>
struct Kind<Time> {
    static constexpr std::string_view format = "tsu:UTC", name = "timestamp";
};
template <>
struct Kind<Uuid> {
    static constexpr std::string_view format = "w:16", name = "UUID";
};

// A column whose type was looked at: by Schema::column, or because every reading has it. Copy it
// freely; good for every batch of the schema that it came from.
template <class T>
class Typed {
public:
    constexpr explicit Typed(int32_t index) noexcept : index_(index) {}
    constexpr int32_t index() const noexcept { return index_; }

private:
    int32_t index_;
};

// The columns that every reading has.
namespace columns {
inline constexpr Typed<Uuid> reading_id{INGEST_COLUMN_READING_ID};
inline constexpr Typed<std::string_view> equipment_id{INGEST_COLUMN_EQUIPMENT_ID};
inline constexpr Typed<Time> timestamp{INGEST_COLUMN_TIMESTAMP};
inline constexpr Typed<Time> received_at{INGEST_COLUMN_RECEIVED_AT};
}  // namespace columns

namespace detail {

// Letters to insert, delete or replace until `a` reads `b`.
inline size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, diagonal + 1, replaced});
        }
    }
    return row[b.size()];
}

}  // namespace detail

// Names and types of the columns; see batch.h for the profile. Valid as long as the instance that
// it was given to.
class Schema {
public:
    explicit Schema(const ArrowSchema* schema) noexcept : schema_(schema) {}
    int32_t size() const noexcept { return static_cast<int32_t>(schema_->n_children); }
    std::string_view name(int32_t column) const noexcept { return schema_->children[column]->name; }
    // "g", "l", "u", "b", "tsu:UTC" or "w:16"
    std::string_view format(int32_t column) const noexcept {
        return schema_->children[column]->format;
    }
    bool nullable(int32_t column) const noexcept {
        return (schema_->children[column]->flags & ARROW_FLAG_NULLABLE) != 0;
    }

    // The column's index, or -1.
    int32_t find(std::string_view name_wanted) const noexcept {
        for (int32_t i = 0; i < size(); ++i)
            if (name(i) == name_wanted) return i;
        return -1;
    }
    // The column's index. Throws a config_error with the nearest name or, if none is near, all
    // names. `option` is the JSON pointer of the option that gave the name, if one did.
    int32_t need(std::string_view name_wanted, std::string_view option = {}) const {
        const int32_t found = find(name_wanted);
        if (found < 0) throw config_error(option, unknown(name_wanted));
        return found;
    }
    // As `need`, with its type: throws a config_error when the column is of another one.
    //     temperature_(schema.column<double>("temperature"))
    template <class T>
    Typed<T> column(std::string_view name_wanted, std::string_view option = {}) const {
        const int32_t found = need(name_wanted, option);
        if (format(found) == Kind<T>::format) return Typed<T>(found);
        throw config_error(option, "the column \"" + std::string(name_wanted) +
                                       "\" is not of the type " + std::string(Kind<T>::name));
    }

private:
    std::string unknown(std::string_view name_wanted) const {
        std::string message = "there is no column \"" + std::string(name_wanted) + "\"; ";
        std::string_view nearest;
        std::string all;
        size_t distance_least = std::max<size_t>(2, name_wanted.size() / 3) + 1;
        for (int32_t i = 0; i < size(); ++i) {
            const size_t distance = detail::edit_distance(name_wanted, name(i));
            if (distance < distance_least) {
                distance_least = distance;
                nearest = name(i);
            }
            all.append(all.empty() ? "" : ", ").append(name(i));
        }
        if (nearest.empty()) return message + "the columns are " + all;
        return message.append("did you mean \"").append(nearest) + "\"?";
    }

    const ArrowSchema* schema_;
};

}  // namespace ingest::sdk
