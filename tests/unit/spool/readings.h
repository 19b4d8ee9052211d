#pragma once

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/uuid.h"
#include "model/batch.h"
#include "model/schema.h"
#include "spool/types.h"

// Readings that can be told apart: everything in one follows from its id.
namespace ingest::spool {

inline model::Schema& test_schema() {
    static model::Schema schema({{"temperature", model::ColumnType::float64, true},
                                 {"note", model::ColumnType::utf8, false}});
    return schema;
}

inline void add_reading(model::Batch& batch, std::uint64_t id) {
    Uuid uuid{};
    std::memcpy(uuid.data(), &id, sizeof id);
    batch.add_row();
    batch.set_uuid(model::column_reading_id, uuid);
    batch.set_utf8(model::column_equipment_id, "PUMP-" + std::to_string(id));
    batch.set_int64(model::column_timestamp, static_cast<std::int64_t>(id) * 1000);
    batch.set_int64(model::column_received_at, static_cast<std::int64_t>(id) * 1000 + 1);
    batch.set_float64(model::column_first_field, static_cast<double>(id) / 2);
    if (id % 3 == 0) batch.set_utf8(model::column_first_field + 1, std::string(id % 40, 'x'));
}

inline model::Batch readings(std::uint64_t first_id, std::uint64_t count) {
    model::Batch batch(test_schema());
    for (std::uint64_t i = 0; i < count; ++i) add_reading(batch, first_id + i);
    return batch;
}

inline std::uint64_t id_at(const model::Batch& batch, std::int64_t row) {
    const Uuid uuid = batch.uuid(model::column_reading_id, row);
    std::uint64_t id = 0;
    std::memcpy(&id, uuid.data(), sizeof id);
    return id;
}

// position -> id; checks that every reading is what its id says, and that no position comes twice.
inline void collect(const Run& run, std::map<std::uint64_t, std::uint64_t>& into) {
    for (const Record& record : run.records) {
        model::Batch expected(test_schema());
        for (std::int64_t row = 0; row < record.batch->rows(); ++row) {
            const std::uint64_t id = id_at(*record.batch, row);
            add_reading(expected, id);
            const std::uint64_t position = record.first + static_cast<std::uint64_t>(row);
            EXPECT_TRUE(into.emplace(position, id).second) << "position " << position;
        }
        EXPECT_TRUE(*record.batch == expected) << "record at " << record.first;
    }
}

}  // namespace ingest::spool
