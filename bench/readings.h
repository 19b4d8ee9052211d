#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>

#include "base/time_text.h"
#include "base/uuid.h"
#include "decode/tokens.h"
#include "model/batch.h"

// What the benchmarks work on: the same readings in each run, as rows and as requests.
namespace ingest::bench {

// As in the shipped configuration.
inline model::Schema sensor_schema() {
    using model::ColumnType;
    return model::Schema({{"temperature", ColumnType::float64, true},
                          {"vibration", ColumnType::float64, true},
                          {"pressure", ColumnType::float64, true},
                          {"humidity", ColumnType::float64},
                          {"voltage", ColumnType::float64}});
}

inline constexpr std::int64_t start_us = 1'762'021'800'000'000;  // 2025-11-01T18:30:00Z

struct Reading {
    std::string equipment_id;
    std::array<double, 5> fields;
    std::int64_t timestamp_us = 0;
};

// Good readings, with as many decimals as sensors send.
class Readings {
public:
    static constexpr std::array<int, 5> decimals = {2, 4, 3, 1, 2};

    Reading next() {
        constexpr std::array<std::array<double, 2>, 5> bounds = {
            {{-40, 140}, {0, 2}, {0.5, 10}, {0, 100}, {100, 500}}};
        Reading reading;
        char id[32];
        std::snprintf(id, sizeof id, "TURBINE-BASE%02u-%03u", static_cast<unsigned>(random_() % 10),
                      static_cast<unsigned>(random_() % 1000));
        reading.equipment_id = id;
        for (std::size_t i = 0; i < bounds.size(); ++i) {
            const double unit = std::pow(10, decimals[i]);
            std::uniform_real_distribution<double> between(bounds[i][0], bounds[i][1]);
            reading.fields[i] = std::round(between(random_) * unit) / unit;
        }
        reading.timestamp_us = at_us_;
        at_us_ += 7'000;
        return reading;
    }

private:
    std::mt19937 random_{1};
    std::int64_t at_us_ = start_us;
};

inline model::Batch some_rows(const model::Schema& schema, std::int64_t rows) {
    model::Batch batch(schema);
    Readings readings;
    UuidSource ids;
    for (std::int64_t row = 0; row < rows; ++row) {
        const Reading reading = readings.next();
        batch.add_row();
        batch.set_uuid(model::column_reading_id, ids.next(start_us / 1000));
        batch.set_utf8(model::column_equipment_id, reading.equipment_id);
        batch.set_int64(model::column_timestamp, reading.timestamp_us);
        batch.set_int64(model::column_received_at, start_us);
        for (std::size_t i = 0; i < reading.fields.size(); ++i) {
            batch.set_float64(model::column_first_field + i, reading.fields[i]);
        }
    }
    return batch;
}

inline std::string json_of(const Reading& reading) {
    constexpr std::array names = {"temperature", "vibration", "pressure", "humidity", "voltage"};
    std::string text = R"({"equipment_id": ")" + reading.equipment_id + "\", ";
    for (std::size_t i = 0; i < names.size(); ++i) {
        char member[64];
        std::snprintf(member, sizeof member, "\"%s\": %.*f, ", names[i], Readings::decimals[i],
                      reading.fields[i]);
        text += member;
    }
    return text + R"("timestamp": ")" + to_rfc3339(reading.timestamp_us) + "\"}";
}

// A request's body with what decode needs behind it: one reading, or a batch of them.
class Body {
public:
    explicit Body(int readings) {
        Readings some;
        if (readings > 1) bytes_ = R"({"readings": [)";
        for (int i = 0; i < readings; ++i) bytes_ += (i == 0 ? "" : ", ") + json_of(some.next());
        if (readings > 1) bytes_ += "]}";
        size_ = bytes_.size();
        bytes_.append(decode::padding, ' ');
    }
    std::string_view text() const noexcept { return {bytes_.data(), size_}; }
    std::int64_t bytes() const noexcept { return static_cast<std::int64_t>(size_); }

private:
    std::string bytes_;
    std::size_t size_ = 0;
};

}  // namespace ingest::bench
