#include "app/config/reading.h"

#include "app/config/names.h"

namespace ingest::app::config {
namespace {

constexpr std::size_t fields_max = 1000;

constexpr TextRule any_text{[](std::string_view) { return true; }, "a text"};
constexpr TextRule field_name{
    [](std::string_view text) { return is_identifier(text, 63, "_"); },
    "a letter a-z, then up to 62 of a-z, 0-9 and _", "[a-z][a-z0-9_]{0,62}"};

// Columns that every batch and every table has.
constexpr std::array<std::string_view, 7> taken_field_names{
    "reading_id", "equipment_id", "timestamp", "received_at", "id", "created_at", "metadata"};

void read_field(MapReader& map, model::Field& field) {
    using model::ColumnType;
    static constexpr Choice<ColumnType> types[] = {{"double", ColumnType::float64},
                                                   {"integer", ColumnType::int64},
                                                   {"string", ColumnType::utf8},
                                                   {"boolean", ColumnType::boolean},
                                                   {"timestamp", ColumnType::timestamp}};
    map.choice("type", field.type, types);
    map.require("type", "give one of double, integer, string, boolean, timestamp");
    map.text("unit", field.unit, any_text);
    map.boolean("required", field.required);
    map.text("description", field.description, any_text);
}

void read_fields(MapReader& map, std::vector<model::Field>& fields) {
    const Node& node = map.node();
    if (node.members.size() > fields_max) {
        map.diagnostics().add(node.mark,
                              map.path() + ": " + std::to_string(node.members.size()) + " fields",
                              "give at most 1000");
    }
    for (const Node::Member& member : node.members) {
        model::Field field{.name = member.key};
        if (!field_name.fits(member.key)) {
            map.diagnostics().add(
                member.key_mark, map.path() + ": the name " + quote(member.key) + " does not fit",
                "give " + std::string(field_name.expected));
        } else if (contains(taken_field_names, member.key)) {
            map.diagnostics().add(
                member.key_mark,
                map.path() + ": every reading has " + quote(member.key) + " already",
                "give the field another name");
        }
        map.section(member.key, field, read_field);
        fields.push_back(std::move(field));
    }
    if (map.outlines()) {
        model::Field any;
        map.section("*", any, read_field);
        map.recorded("*").rule = field_name;
    }
}

}  // namespace

void read_reading(MapReader& map, Reading& reading) {
    static constexpr Choice<UnknownFields> choices[] = {{"ignore", UnknownFields::ignore},
                                                        {"reject", UnknownFields::reject},
                                                        {"keep", UnknownFields::keep}};
    map.choice("unknown_fields", reading.unknown_fields, choices);
    map.size("text_bytes_max", reading.text_bytes_max, {1, mib});
    map.section("fields", reading.fields, read_fields);
    Setting& fields = map.recorded("fields");
    fields.required = true;
    fields.min = 1;
    fields.max = fields_max;
}

}  // namespace ingest::app::config
