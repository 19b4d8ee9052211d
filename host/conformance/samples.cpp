#include "conformance/samples.h"

#include <array>
#include <limits>
#include <string>

#include "base/time_text.h"

namespace ingest::conformance {
namespace {

using model::ColumnType;
using nlohmann::json;

// 0001-01-01 and the last microsecond of 9999: what the host takes from clients.
constexpr std::int64_t time_us_min = -62'135'596'800'000'000;
constexpr std::int64_t time_us_max = 253'402'300'799'999'999;
constexpr std::int64_t everyday_time_us = 1'764'000'000'123'456;
constexpr std::int64_t day_us = 86'400'000'000;

constexpr std::array<double, 7> everyday{20.5, 0.5, 0.0, 150.25, -40.0, 1000.125, 1.0};
constexpr std::array<double, 8> extremes{std::numeric_limits<double>::max(),
                                         std::numeric_limits<double>::lowest(),
                                         std::numeric_limits<double>::min(),
                                         std::numeric_limits<double>::denorm_min(),
                                         -0.0,
                                         -std::numeric_limits<double>::denorm_min(),
                                         9'007'199'254'740'993.0,
                                         1e-300};
constexpr std::array<std::int64_t, 5> extreme_integers{
    std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), 0, -1,
    std::int64_t{1} << 53};
constexpr std::array<std::int64_t, 4> extreme_times{time_us_min, time_us_max, 0, -1};

const std::array<std::string, 16>& odd_texts() {
    static const auto& texts = *new std::array<std::string, 16>{
        "",
        "x",
        std::string(255, 'A'),
        std::string(256, 'B'),
        std::string(4096, 'C'),
        "Pumpe-Süd-001",
        "насос-001",
        "ポンプ-001",
        "\U0001F321\U0001F4A7",                 // beyond the basic plane
        "e\u0301\u0301\u0301",                  // combining marks
        "\u202E001-PMUP",                       // right to left
        "'; DROP TABLE sensor_data; --",
        "\\ \" \t \n \r \x01 \x7f",
        "%s%n%d {} ${HOME} $(id)",
        "\uFFFD\uFFFF\u2028",
        std::string(1365, 'D') + "\u20AC\u20AC"};
    return texts;
}

void add_field(std::vector<model::Field>& fields, model::Field field) {
    static constexpr std::array<std::string_view, 5> fixed{"reading_id", "equipment_id",
                                                           "timestamp", "received_at", "*"};
    for (const std::string_view name : fixed) {
        if (field.name == name) return;
    }
    for (const model::Field& known : fields) {
        if (known.name == field.name) return;
    }
    if (!field.name.empty() && field.name.size() < 64) fields.push_back(std::move(field));
}

// The type of the column that such an option is about, by what it is compared with.
ColumnType type_beside(const json& value) {
    if (value.is_string()) return ColumnType::utf8;
    if (value.is_boolean()) return ColumnType::boolean;
    if (value.is_structured() && !value.empty()) return type_beside(*value.begin());
    return ColumnType::float64;
}

// The members' names, whatever the depth: those of a "*" option are columns', and one column too
// many does no harm.
void add_names(std::vector<model::Field>& fields, const json& options) {
    for (const auto& item : options.items()) {
        if (options.is_object()) add_field(fields, {item.key(), type_beside(item.value())});
        if (item.value().is_structured()) add_names(fields, item.value());
    }
}

std::vector<model::Field> fields_for(const Subject& subject) {
    std::vector<model::Field> fields{
        {"temperature", ColumnType::float64, true},   {"vibration", ColumnType::float64, true},
        {"pressure", ColumnType::float64, true},      {"humidity", ColumnType::float64, false},
        {"voltage", ColumnType::float64, false},      {"counter", ColumnType::int64, false},
        {"note", ColumnType::utf8, false},            {"running", ColumnType::boolean, false},
        {"calibrated_at", ColumnType::timestamp, false}};
    if (subject.is_sink()) return fields;
    for (const auto* names : {&subject.manifest.reads, &subject.manifest.writes}) {
        for (const std::string& name : *names) add_field(fields, {name});
    }
    const json options = json::parse(subject.options_json, nullptr, false);
    if (options.is_structured()) add_names(fields, options);
    return fields;
}

ColumnType another_type(ColumnType type) noexcept {
    return type == ColumnType::utf8 ? ColumnType::float64 : ColumnType::utf8;
}

}  // namespace

std::unique_ptr<model::Schema> schema_for(const Subject& subject) {
    return std::make_unique<model::Schema>(fields_for(subject));
}

std::unique_ptr<model::Schema> bare_schema() {
    return std::make_unique<model::Schema>(std::vector<model::Field>{});
}

std::unique_ptr<model::Schema> renamed_schema(const Subject& subject) {
    std::vector<model::Field> fields = fields_for(subject);
    for (model::Field& field : fields) field.name = "other_" + field.name;
    return std::make_unique<model::Schema>(std::move(fields));
}

std::unique_ptr<model::Schema> retyped_schema(const Subject& subject) {
    std::vector<model::Field> fields = fields_for(subject);
    for (model::Field& field : fields) field.type = another_type(field.type);
    return std::make_unique<model::Schema>(std::move(fields));
}

model::Batch Samples::batch(std::int64_t rows, Filling filling) {
    model::Batch batch(schema_, rows);
    for (std::int64_t row = 0; row < rows; ++row) add_row(batch, row, filling);
    return batch;
}

model::Batch Samples::unreadable(std::int64_t rows) {
    model::Batch batch(schema_, rows);
    for (std::int64_t row = 0; row < rows; ++row) {
        batch.add_row();
        batch.set_uuid(model::column_reading_id, ids_.next(now_us() / 1000));
        batch.set_int64(model::column_received_at, now_us());
    }
    return batch;
}

void Samples::add_row(model::Batch& batch, std::int64_t row, Filling filling) {
    const auto at = static_cast<std::size_t>(row);
    batch.add_row();
    batch.set_uuid(model::column_reading_id, ids_.next(now_us() / 1000));
    const std::string number = std::to_string(1000 + row % equipments);
    batch.set_utf8(model::column_equipment_id, filling == Filling::texts
                                                   ? odd_texts()[at % odd_texts().size()]
                                                   : "PUMP-A1-" + number.substr(1));
    batch.set_int64(model::column_timestamp, filling == Filling::extremes
                                                 ? extreme_times[at % extreme_times.size()]
                                                 : everyday_time_us + row);
    batch.set_int64(model::column_received_at, now_us());
    for (std::size_t column = model::column_first_field; column < schema_.size(); ++column) {
        const bool some_null = filling == Filling::everyday && (at + column) % 7 == 0;
        if (!schema_[column].required && (filling == Filling::nulls || some_null)) continue;
        fill_field(batch, column, row, filling);
    }
}

void Samples::fill_field(model::Batch& batch, std::size_t column, std::int64_t row,
                         Filling filling) {
    const std::size_t at = static_cast<std::size_t>(row) + column;
    const bool extreme = filling == Filling::extremes;
    switch (schema_[column].type) {
        case ColumnType::float64:
            batch.set_float64(column, extreme ? extremes[at % extremes.size()]
                                              : everyday[at % everyday.size()]);
            break;
        case ColumnType::int64:
            batch.set_int64(column, extreme ? extreme_integers[at % extreme_integers.size()]
                                            : static_cast<std::int64_t>(at));
            break;
        case ColumnType::utf8:
            batch.set_utf8(column, filling == Filling::texts
                                       ? odd_texts()[at % odd_texts().size()]
                                       : "text " + std::to_string(at % 10));
            break;
        case ColumnType::boolean: batch.set_boolean(column, at % 2 == 0); break;
        case ColumnType::timestamp:
            batch.set_int64(column, extreme ? extreme_times[at % extreme_times.size()]
                                            : everyday_time_us - day_us);
            break;
        case ColumnType::uuid: batch.set_uuid(column, ids_.next(now_us() / 1000)); break;
    }
}

model::Batch copy_of(const model::Batch& batch) {
    model::Batch copy(batch.schema(), batch.rows());
    copy.append(batch);
    return copy;
}

}  // namespace ingest::conformance
