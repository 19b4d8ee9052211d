#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/batch.h"

// Small builders of batches, for tests.
namespace ingest::test {

// One field's cell; the alternative must fit the column's type. Empty = null. Write 20.0 for a
// double and std::int64_t{20} for an integer.
using Cell = std::variant<std::monostate, double, std::int64_t, bool, std::string>;

inline constexpr Cell null{};

// The fields that the shipped configuration has: temperature, vibration and pressure required,
// humidity and voltage optional, all doubles.
inline std::unique_ptr<model::Schema> sensor_schema() {
    using model::ColumnType;
    return std::make_unique<model::Schema>(std::vector<model::Field>{
        {"temperature", ColumnType::float64, true},
        {"vibration", ColumnType::float64, true},
        {"pressure", ColumnType::float64, true},
        {"humidity", ColumnType::float64, false},
        {"voltage", ColumnType::float64, false},
    });
}

// A well-formed version 7 UUID; equal numbers make equal ids, larger numbers larger ids.
inline Uuid uuid_of(std::uint64_t number) {
    Uuid id{0x01, 0x90, 0xF3, 0xC4, 0x8F, 0x3B, 0x70, 0x00, 0x80};
    for (std::size_t i = 0; i < 7; ++i) {
        id[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return id;
}

inline void set_cell(model::Batch& batch, std::size_t column, const Cell& cell) {
    if (const auto* real = std::get_if<double>(&cell)) batch.set_float64(column, *real);
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) batch.set_int64(column, *whole);
    if (const auto* truth = std::get_if<bool>(&cell)) batch.set_boolean(column, *truth);
    if (const auto* text = std::get_if<std::string>(&cell)) batch.set_utf8(column, *text);
}

inline constexpr std::int64_t some_time_us = 1'764'000'000'123'456;  // 2025-11-24T16:00:00.123456Z

// Appends a reading: fields by position behind the fixed columns, missing ones null. The id is
// uuid_of(row + 1), received_at is a millisecond behind the timestamp.
inline void add_reading(model::Batch& batch, std::string_view equipment_id,
                        const std::vector<Cell>& fields,
                        std::int64_t timestamp_us = some_time_us) {
    batch.add_row();
    batch.set_uuid(model::column_reading_id, uuid_of(static_cast<std::uint64_t>(batch.rows())));
    batch.set_utf8(model::column_equipment_id, equipment_id);
    batch.set_int64(model::column_timestamp, timestamp_us);
    batch.set_int64(model::column_received_at, timestamp_us + 1000);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        set_cell(batch, model::column_first_field + i, fields[i]);
    }
}

// Readings of one equipment, a row of fields each.
inline model::Batch readings(const model::Schema& schema,
                             std::initializer_list<std::vector<Cell>> rows,
                             std::string_view equipment_id = "PUMP-A1-001") {
    model::Batch batch(schema);
    for (const auto& fields : rows) add_reading(batch, equipment_id, fields);
    return batch;
}

// Readings that differ in the equipment only.
inline model::Batch readings_of(const model::Schema& schema,
                                const std::vector<std::string>& equipment_ids,
                                const std::vector<Cell>& fields = {20.0, 0.5, 1.0}) {
    model::Batch batch(schema);
    for (const auto& id : equipment_ids) add_reading(batch, id, fields);
    return batch;
}

}  // namespace ingest::test
