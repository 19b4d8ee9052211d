#include "decode/reading.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/check.h"
#include "decode/text.h"
#include "decode/timestamp.h"

namespace ingest::decode {
namespace {

constexpr std::size_t own_id_bytes_max = 128;

std::string_view noun_of(model::ColumnType type) noexcept {
    switch (type) {
        case model::ColumnType::int64: return "a whole number";
        case model::ColumnType::float64: return "a number";
        case model::ColumnType::boolean: return "true or false";
        case model::ColumnType::timestamp: return "a time";
        case model::ColumnType::utf8:
        case model::ColumnType::uuid: break;
    }
    return "a string";
}

bool is_printable_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::int64_t floor_ms(std::int64_t us) noexcept { return us / 1000 - (us % 1000 < 0 ? 1 : 0); }

}  // namespace

ReadingDecoder::ReadingDecoder(const model::Schema& schema, const Options& options)
    : schema_(schema), options_(options), seen_(schema.size()) {
    if (options.unknown_fields == UnknownFields::keep) {
        metadata_ = schema.find("metadata");
        check(metadata_.has_value(), "a schema that keeps unknown members has a column metadata");
        check(schema[*metadata_].type == model::ColumnType::utf8, "metadata is a text column");
    }
    for (std::size_t i = 0; i < schema.size(); ++i) {
        // The time of receipt is ours to say; a member of that name is unknown.
        if (i == model::column_received_at || i == metadata_) continue;
        by_name_.emplace_back(schema[i].name, i);
        const bool ours = i == model::column_reading_id || i == model::column_timestamp;
        if (schema[i].required && !ours) required_.push_back(i);
        if (!ours) expected_.push_back(i);
        const bool is_uuid = schema[i].type == model::ColumnType::uuid;
        check(is_uuid == (i == model::column_reading_id), "the only UUID is the reading's id");
        // Names that are expected are compared as written.
        check(schema[i].name.find_first_of("\"\\") == std::string::npos,
              "no field's name needs escapes");
    }
    expected_.push_back(model::column_timestamp);
    expected_.push_back(model::column_reading_id);
    std::sort(by_name_.begin(), by_name_.end());
}

bool ReadingDecoder::read(const Target& target, std::uint32_t index) {
    Document& document = target.document;
    Row row{target, index};
    if (document.peek() != '{') {
        refuse(row, "", "type",
               "a reading must be an object, not " + std::string(document.kind()));
        Flaw ignored;
        return document.skip(ignored);
    }
    begin(row);
    const std::size_t from = document.offset();
    if (!members(row)) return false;
    finish(row, document.slice(from, document.behind()));
    return true;
}

void ReadingDecoder::begin(Row& row) {
    row.target.out.add_row();
    std::fill(seen_.begin(), seen_.end(), Member::absent);
    kept_.clear();
}

bool ReadingDecoder::members(Row& row) {
    Document& document = row.target.document;
    document.open_container();
    if (document.close_if('}')) return true;
    const std::size_t mark = document.names_mark();
    auto after = Document::Next::value;
    for (std::size_t position = 0; after == Document::Next::value; ++position) {
        if (position < expected_.size() &&
            document.name_if(schema_[expected_[position]].name)) {
            if (!known(row, expected_[position])) return false;
        } else {
            const std::size_t begin = document.offset();
            Text name;
            if (!document.name(name)) return false;
            const std::string_view as_sent = document.slice(begin, document.behind());
            const auto column = find(name.value);
            if (column && position < expected_.size()) expected_[position] = *column;
            if (!(column ? known(row, *column) : unknown(row, name, as_sent))) return false;
        }
        after = document.next('}');
    }
    if (after == Document::Next::malformed) return false;
    document.duplicates(mark, [&](std::string_view twice) {
        const std::string name(cut(twice));
        refuse(row, name, "duplicate", name + " is given more than once");
    });
    return true;
}

std::optional<std::size_t> ReadingDecoder::find(std::string_view name) const noexcept {
    const auto at = std::lower_bound(
        by_name_.begin(), by_name_.end(), name,
        [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
    if (at == by_name_.end() || at->first != name) return std::nullopt;
    return at->second;
}

bool ReadingDecoder::known(Row& row, std::size_t column) {
    Document& document = row.target.document;
    Member& seen = seen_[column];
    if (seen != Member::absent) {
        if (seen != Member::repeated) refuse(row, column, "duplicate", "is given more than once");
        seen = Member::repeated;
        row.target.out.set_null(column);
        Flaw ignored;
        return document.skip(ignored);
    }
    if (document.peek() == 'n') {
        seen = Member::null;
        return document.null();
    }
    seen = Member::given;
    if (column == model::column_reading_id) return own_id(row);
    switch (schema_[column].type) {
        case model::ColumnType::float64: return float64_cell(row, column);
        case model::ColumnType::int64: return int64_cell(row, column);
        case model::ColumnType::boolean: return boolean_cell(row, column);
        case model::ColumnType::timestamp: return timestamp_cell(row, column);
        case model::ColumnType::utf8:
        case model::ColumnType::uuid: break;
    }
    return utf8_cell(row, column);
}

bool ReadingDecoder::unknown(Row& row, const Text& name, std::string_view name_as_sent) {
    Document& document = row.target.document;
    const std::string_view shown = cut(name.value);
    document.add_name(name.value);
    if (options_.unknown_fields == UnknownFields::reject) {
        refuse(row, shown, "unknown", std::string(shown) + " is not a field of a reading");
    }
    Flaw flaw;
    if (name.has_nul) flaw.kind = Flaw::Kind::nul;
    const std::size_t begin = document.offset();
    if (!document.skip(flaw)) return false;
    if (flaw.kind != Flaw::Kind::none) {
        refuse(row, shown, code_of(flaw.kind), std::string(shown) + " " + description_of(flaw));
    }
    if (metadata_) keep(row, name_as_sent, document.slice(begin, document.behind()));
    return true;
}

void ReadingDecoder::keep(Row& row, std::string_view name_as_sent, std::string_view value) {
    if (row.metadata_full) return;
    kept_ += kept_.empty() ? '{' : ',';
    if (kept_.size() + name_as_sent.size() + value.size() + 2 > options_.metadata_bytes_max) {
        row.metadata_full = true;
        refuse(row, *metadata_, "too_long",
               "(what the schema does not know) must have at most " +
                   std::to_string(options_.metadata_bytes_max) + " bytes");
        return;
    }
    kept_ += name_as_sent;
    kept_ += ':';
    kept_ += value;
}

void ReadingDecoder::finish(Row& row, std::string_view content) {
    const Target& target = row.target;
    for (const std::size_t column : required_) {
        if (seen_[column] == Member::given || seen_[column] == Member::repeated) continue;
        refuse(row, column, "missing",
               "is missing: it must be " + std::string(noun_of(schema_[column].type)));
    }
    const Member timestamp = seen_[model::column_timestamp];
    if (timestamp == Member::absent || timestamp == Member::null) {
        target.out.set_int64(model::column_timestamp, target.context.received_at_us);
    }
    target.out.set_int64(model::column_received_at, target.context.received_at_us);
    if (!kept_.empty() && !row.metadata_full) {
        kept_ += '}';
        target.out.set_utf8(*metadata_, kept_);
    }
    target.out.set_uuid(model::column_reading_id, id_of(row, content));

    Decoded& decoded = target.decoded;
    const std::int64_t last = target.out.rows() - 1;
    decoded.index.push_back(row.index);
    decoded.equipment_ids.push_back(row.equipment_id);
    decoded.refused.resize(model::bitmap_bytes(last + 1));
    if (row.refused) {
        model::put_bit(decoded.refused, last, true);
        ++decoded.refused_rows;
    }
}

Uuid ReadingDecoder::id_of(const Row& row, std::string_view content) {
    const Context& context = row.target.context;
    if (!row.own_id.empty()) return ids_.from_own_id(row.own_id, content, row.timestamp_us);
    if (!context.idempotency_key.empty()) {
        return ids_.from_key(context.idempotency_key, row.index, content, row.timestamp_us);
    }
    return context.ids.next(floor_ms(context.received_at_us));
}

bool ReadingDecoder::float64_cell(Row& row, std::size_t column) {
    Document& document = row.target.document;
    const char c = document.peek();
    if (c != '-' && !is_digit(c)) return wrong_type(row, column);
    Number number;
    if (!document.number(number)) return false;
    put_float64(row, column, number);
    return true;
}

void ReadingDecoder::put_float64(Row& row, std::size_t column, const Number& number) {
    if (number.in_range) {
        row.target.out.set_float64(column, number.value);
    } else {
        refuse(row, column, "number", "is out of the range of a double");
    }
}

bool ReadingDecoder::int64_cell(Row& row, std::size_t column) {
    Document& document = row.target.document;
    if (document.kind() != "a number") return wrong_type(row, column);
    Number number;
    if (!document.number(number)) return false;
    put_int64(row, column, number);
    return true;
}

void ReadingDecoder::put_int64(Row& row, std::size_t column, const Number& number) {
    if (const auto value = to_int64(number)) {
        row.target.out.set_int64(column, *value);
    } else {
        refuse(row, column, "number",
               number.integral ? "is out of the range of a whole number of 64 bits"
                               : "must be a whole number, without fraction and exponent");
    }
}

bool ReadingDecoder::boolean_cell(Row& row, std::size_t column) {
    Document& document = row.target.document;
    if (document.kind() != "a boolean") return wrong_type(row, column);
    bool value = false;
    if (!document.boolean(value)) return false;
    row.target.out.set_boolean(column, value);
    return true;
}

bool ReadingDecoder::utf8_cell(Row& row, std::size_t column) {
    Document& document = row.target.document;
    if (document.peek() != '"') return wrong_type(row, column);
    Text text;
    if (!document.text(text)) return false;
    put_utf8(row, column, text);
    return true;
}

void ReadingDecoder::put_utf8(Row& row, std::size_t column, const Text& text) {
    if (column == model::column_equipment_id) row.equipment_id = cut(text.value);
    if (text.value.size() > options_.text_bytes_max) {
        refuse(row, column, "too_long",
               "must have at most " + std::to_string(options_.text_bytes_max) + " bytes");
    } else if (text.has_nul) {
        refuse(row, column, "nul", description_of({Flaw::Kind::nul}));
    } else {
        row.target.out.set_utf8(column, text.value);
    }
}

bool ReadingDecoder::timestamp_cell(Row& row, std::size_t column) {
    Document& document = row.target.document;
    std::optional<std::int64_t> us;
    if (document.peek() == '"') {
        Text text;
        if (!document.text(text)) return false;
        us = parse_timestamp(text.value);
    } else if (document.kind() == "a number") {
        Number number;
        if (!document.number(number)) return false;
        if (number.in_range) us = epoch_timestamp(number.value);
    } else {
        return wrong_type(row, column);
    }
    put_timestamp(row, column, us);
    return true;
}

void ReadingDecoder::put_timestamp(Row& row, std::size_t column,
                                   std::optional<std::int64_t> us) {
    if (!us) {
        refuse(row, column, "timestamp",
               "must be a time like 2026-01-31T08:00:00Z, or seconds or milliseconds since 1970, "
               "in the years 0001 to 9999");
        return;
    }
    row.target.out.set_int64(column, *us);
    if (column == model::column_timestamp) row.timestamp_us = us;
}

bool ReadingDecoder::own_id(Row& row) {
    constexpr std::size_t column = model::column_reading_id;
    Document& document = row.target.document;
    if (document.peek() != '"') return wrong_type(row, column);
    Text text;
    if (!document.text(text)) return false;
    put_own_id(row, text.value);
    return true;
}

void ReadingDecoder::put_own_id(Row& row, std::string_view id) {
    if (id.empty() || id.size() > own_id_bytes_max || !is_printable_ascii(id)) {
        refuse(row, model::column_reading_id, "format",
               "must have 1 to 128 printable ASCII characters");
    } else {
        row.own_id = id;
    }
}

bool ReadingDecoder::wrong_type(Row& row, std::size_t column) {
    Document& document = row.target.document;
    refuse(row, column, "type",
           "must be " + std::string(noun_of(schema_[column].type)) + ", not " +
               std::string(document.kind()));
    Flaw ignored;
    return document.skip(ignored);
}

void ReadingDecoder::refuse(Row& row, std::string_view field, std::string_view code,
                            std::string message) {
    row.refused = true;
    model::Findings& findings = row.target.decoded.findings;
    if (findings.size() >= options_.findings_max && row.findings > 0) return;
    ++row.findings;
    findings.push_back({row.index, std::string(field), std::string(code), std::move(message)});
}

void ReadingDecoder::refuse(Row& row, std::size_t column, std::string_view code,
                            std::string_view predicate) {
    const std::string& name = schema_[column].name;
    refuse(row, name, code, name + " " + std::string(predicate));
}

}  // namespace ingest::decode
