#include "postgres-sink/column_type.h"

#include <algorithm>
#include <array>

namespace ingest::postgres_sink {
namespace {

constexpr TypeOid oid_bool = 16;
constexpr TypeOid oid_int8 = 20;
constexpr TypeOid oid_int2 = 21;
constexpr TypeOid oid_int4 = 23;
constexpr TypeOid oid_text = 25;
constexpr TypeOid oid_float8 = 701;
constexpr TypeOid oid_varchar = 1043;
constexpr TypeOid oid_timestamptz = 1184;
constexpr TypeOid oid_uuid = 2950;

constexpr std::array types{
    ColumnType{"w:16", oid_uuid, "uuid", CellForm::uuid},
    ColumnType{"u", oid_text, "text", CellForm::text},
    ColumnType{"tsu:UTC", oid_timestamptz, "timestamp with time zone", CellForm::timestamp},
    ColumnType{"g", oid_float8, "double precision", CellForm::float8},
    ColumnType{"l", oid_int8, "bigint", CellForm::int8},
    ColumnType{"b", oid_bool, "boolean", CellForm::boolean},
};

// Where a column of another type does as well. An integer that does not fit the smaller type is
// refused by the server (22003), not cut.
struct Alternative {
    TypeOid sent;
    TypeOid stored;
};
constexpr std::array alternatives{
    Alternative{oid_uuid, oid_text},    Alternative{oid_uuid, oid_varchar},
    Alternative{oid_text, oid_varchar}, Alternative{oid_int8, oid_int4},
    Alternative{oid_int8, oid_int2},
};

// The fixed columns' names in the table, which other programs know.
constexpr std::array<std::string_view, INGEST_COLUMN_FIRST_FIELD> fixed_names{
    "id", "equipment_id", "timestamp", "created_at"};

// PostgreSQL cuts longer names off silently (NAMEDATALEN - 1).
constexpr std::size_t name_size_max = 63;

}  // namespace

const ColumnType* find_type(std::string_view format) noexcept {
    const auto* found = std::ranges::find(types, format, &ColumnType::format);
    return found == types.end() ? nullptr : &*found;
}

bool stores_exactly(const ColumnType& type, TypeOid stored) noexcept {
    return type.oid == stored || std::ranges::any_of(alternatives, [&](const Alternative& pair) {
               return pair.sent == type.oid && pair.stored == stored;
           });
}

std::optional<CellForm> copied_as(const ColumnType& type, TypeOid stored) noexcept {
    if (type.oid == stored) return type.form;
    if (type.oid == oid_text && stored == oid_varchar) return type.form;
    if (type.oid == oid_uuid && stores_exactly(type, stored)) return CellForm::uuid_as_text;
    return std::nullopt;
}

std::vector<Column> columns_of(const sdk::Schema& schema) {
    std::vector<Column> columns;
    for (std::int32_t i = 0; i < schema.size(); ++i) {
        const bool fixed = i < INGEST_COLUMN_FIRST_FIELD;
        const std::string_view name =
            fixed ? fixed_names[static_cast<std::size_t>(i)] : schema.name(i);
        Column column{std::string(name), find_type(schema.format(i)), fixed || !schema.nullable(i),
                      fixed};
        if (column.type == nullptr) {
            throw sdk::config_error("", "the field " + column.name + " has a type that this " +
                                            "plugin does not know");
        }
        if (column.name.empty() || column.name.size() > name_size_max) {
            throw sdk::config_error("", "the field " + column.name +
                                            " cannot be a column: its name has to have 1 to 63 "
                                            "bytes");
        }
        if (std::ranges::find(columns, column.name, &Column::name) != columns.end()) {
            throw sdk::config_error("", "the field " + column.name +
                                            " has the name of one of the table's fixed columns "
                                            "(id, equipment_id, timestamp, created_at)");
        }
        columns.push_back(std::move(column));
    }
    return columns;
}

std::string quoted(std::string_view identifier) {
    std::string text = "\"";
    for (const char c : identifier) {
        if (c == '"') text += '"';
        text += c;
    }
    return text += '"';
}

}  // namespace ingest::postgres_sink
