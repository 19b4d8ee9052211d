#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "app/openapi_parts.h"

namespace ingest::app::openapi {
namespace {

// An id of the kind that the shipped configuration asks for; of another kind none is known.
constexpr const char* shipped_id = "PUMP-HALL3-001";
constexpr const char* shipped_pattern = "^[A-Z]+-[A-Z0-9]+-[0-9]{3}$";

// Bounds come from the options of plugins, which may be of any type.
std::optional<double> bound(const ordered_json& property, const char* name) {
    const auto found = property.find(name);
    if (found == property.end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
}

// Within the bounds, and not zero, which in all fields together looks like a broken sensor.
double number_of(const ordered_json& property) {
    const auto least = bound(property, "minimum");
    const auto most = bound(property, "maximum");
    if (least && most) return (*least + *most) / 2;
    return least ? *least + 1 : most ? *most - 1 : 20.5;
}

std::string type_of(const ordered_json& property) {
    const ordered_json& type = property.at("type");
    return type.is_array() ? type.front().get<std::string>() : type.get<std::string>();
}

// Null: nothing that is sure to fit is known.
ordered_json value_of(const ordered_json& property) {
    if (property.contains("enum")) return property.at("enum").front();
    const std::string type = type_of(property);
    if (type == "boolean") return true;
    if (type == "number") return number_of(property);
    if (type == "integer") {
        const double whole = std::ceil(number_of(property));
        if (std::abs(whole) > 1e15 || whole > bound(property, "maximum").value_or(whole))
            return nullptr;
        return static_cast<std::int64_t>(whole);
    }
    if (property.contains("pattern") || property.contains("minLength") ||
        property.contains("maxLength"))
        return nullptr;
    return property.value("format", "") == "date-time" ? "2026-01-01T12:00:00Z" : "text";
}

ordered_json equipment_of(const ordered_json& property) {
    const auto size = static_cast<double>(std::string_view(shipped_id).size());
    const bool known = !property.contains("enum") &&
                       (!property.contains("pattern") || property["pattern"] == shipped_pattern);
    const bool fits = bound(property, "minLength").value_or(size) <= size &&
                      bound(property, "maxLength").value_or(size) >= size;
    return known && fits ? ordered_json(shipped_id) : ordered_json(nullptr);
}

// A reading that fits the schema, or null: none is known.
ordered_json example_of(const ordered_json& reading_schema) {
    ordered_json example;
    for (const auto& [name, property] : reading_schema.at("properties").items()) {
        // The time of receipt, and an id of the host's own, are good for a trial.
        if (name == "timestamp" || name == "reading_id") continue;
        ordered_json value = name == "equipment_id" ? equipment_of(property) : value_of(property);
        const ordered_json& required = reading_schema.at("required");
        const bool needed = std::find(required.begin(), required.end(), name) != required.end();
        if (value.is_null() && needed) return nullptr;
        if (!value.is_null()) example[name] = std::move(value);
    }
    return example;
}

std::string cell_of(const ordered_json& value) {
    if (!value.is_string()) return value.dump();
    const auto text = value.get<std::string>();
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string cell = "\"";
    for (const char c : text) cell.append(c == '"' ? 2 : 1, c);
    return cell + "\"";
}

std::string csv_of(const ordered_json& reading) {
    std::string names;
    std::string line;
    for (const auto& [name, value] : reading.items()) {
        names += (names.empty() ? "" : ",") + name;
        line += (line.empty() ? "" : ",") + cell_of(value);
    }
    return names + "\n" + line + "\n" + line + "\n";
}

}  // namespace

void add_examples(ordered_json& paths, const ordered_json& reading_schema) {
    const ordered_json reading = example_of(reading_schema);
    if (reading.is_null()) return;
    const auto media = [&](const char* path, const char* type) -> ordered_json& {
        return paths.at(path).at("post").at("requestBody").at("content").at(type);
    };
    static constexpr const char* batch = "/api/v1/sensors/ingest/batch";
    for (const char* path : {"/api/v1/sensors/ingest", "/api/v1/sensors/explain"})
        media(path, "application/json")["example"] = reading;
    media(batch, "application/json")["example"]["readings"] = ordered_json::array({reading});
    media(batch, "application/x-ndjson")["example"] = reading.dump() + "\n" + reading.dump() + "\n";
    media(batch, "text/csv")["example"] = csv_of(reading);
    paths.at("/api/v1/sensors/{equipment_id}/latest").at("get").at("parameters").at(0)["example"] =
        reading.at("equipment_id");
}

}  // namespace ingest::app::openapi
