#include "message.h"

#include <charconv>
#include <chrono>
#include <cmath>

namespace ingest::redis_sink {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";

void append_escape(std::string& out, uint32_t unit) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += hex_digits[unit >> shift & 15U];
}

void append_code_point(std::string& out, uint32_t code) {
    if (code < 0x10000) return append_escape(out, code);
    append_escape(out, 0xD800 + ((code - 0x10000) >> 10));
    append_escape(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
}

// Reads one code point that starts at text[at] >= 0x80 and moves `at` behind it.
uint32_t decode_utf8(std::string_view text, size_t& at) {
    const auto first = static_cast<uint8_t>(text[at++]);
    const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    constexpr uint32_t broken = 0xFFFD;
    if (first < 0xC2 || first > 0xF4) return broken;
    uint32_t code = first & (0x3FU >> more);
    for (int i = 0; i < more; ++i) {
        if (at == text.size() || (static_cast<uint8_t>(text[at]) & 0xC0U) != 0x80) return broken;
        code = code << 6 | (static_cast<uint8_t>(text[at++]) & 0x3FU);
    }
    constexpr uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    return code < least[more] || surrogate || code > 0x10FFFF ? broken : code;
}

// Stands for itself.
bool is_plain(char c) noexcept { return c >= ' ' && c < 0x7F && c != '"' && c != '\\'; }

// An ASCII character that is not plain.
void append_special(std::string& out, char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\b': out += "\\b"; return;
        case '\t': out += "\\t"; return;
        case '\n': out += "\\n"; return;
        case '\f': out += "\\f"; return;
        case '\r': out += "\\r"; return;
        default: return append_escape(out, static_cast<uint8_t>(c));
    }
}

// Writes `width` decimal digits.
char* put_digits(char* to, uint64_t value, int width) {
    for (int i = width - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
    return to + width;
}

void append_uuid(std::string& out, std::span<const uint8_t, 16> uuid) {
    char text[38];
    char* to = text;
    *to++ = '"';
    for (size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
        *to++ = hex_digits[uuid[i] >> 4];
        *to++ = hex_digits[uuid[i] & 15U];
    }
    *to++ = '"';
    out.append(text, sizeof text);
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
    out += '"';
    for (size_t i = 0;;) {
        const size_t begin = i;
        while (i < text.size() && is_plain(text[i])) ++i;
        out.append(text, begin, i - begin);
        if (i == text.size()) break;
        if (static_cast<uint8_t>(text[i]) < 0x80) {
            append_special(out, text[i++]);
        } else {
            append_code_point(out, decode_utf8(text, i));
        }
    }
    out += '"';
}

void append_json(std::string& out, double value) {
    char text[32];  // d[.ddd]e[+-]dd[d], at most 24 characters
    char* const end =
        std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
    const std::string_view written(text, static_cast<size_t>(end - text));
    const size_t e = written.find('e');
    int exponent = 0;
    std::from_chars(text + e + (text[e + 1] == '+' ? 2 : 1), end, exponent);
    // Python writes the exponent exactly as to_chars does, and beyond these bounds only.
    if (exponent < -4 || exponent >= 16) {
        out += written;
        return;
    }
    std::string_view mantissa = written.substr(0, e);
    if (mantissa.front() == '-') {
        out += '-';
        mantissa.remove_prefix(1);
    }
    const std::string_view fraction = mantissa.size() > 2 ? mantissa.substr(2) : "";
    if (exponent < 0) {
        out += "0.";
        out.append(static_cast<size_t>(-exponent) - 1, '0');
        out += mantissa.front();
        out += fraction;
        return;
    }
    const auto whole = static_cast<size_t>(exponent);
    out += mantissa.front();
    out += fraction.substr(0, whole);
    if (whole >= fraction.size()) {
        out.append(whole - fraction.size(), '0');
        out += ".0";
    } else {
        out += '.';
        out += fraction.substr(whole);
    }
}

void append_isoformat(std::string& out, int64_t us_since_epoch) {
    using namespace std::chrono;
    const sys_time<microseconds> time{microseconds{us_since_epoch}};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const auto us = static_cast<uint64_t>((time - day).count());
    const uint64_t seconds_of_day = us / 1'000'000;

    char text[32];
    char* to = put_digits(text, static_cast<uint64_t>(int{date.year()}), 4);
    *to++ = '-';
    to = put_digits(to, unsigned{date.month()}, 2);
    *to++ = '-';
    to = put_digits(to, unsigned{date.day()}, 2);
    *to++ = 'T';
    to = put_digits(to, seconds_of_day / 3600, 2);
    *to++ = ':';
    to = put_digits(to, seconds_of_day / 60 % 60, 2);
    *to++ = ':';
    to = put_digits(to, seconds_of_day % 60, 2);
    if (us % 1'000'000 != 0) {
        *to++ = '.';
        to = put_digits(to, us % 1'000'000, 6);
    }
    out.append(text, static_cast<size_t>(to - text));
    out += "+00:00";
}

MessageFormat::MessageFormat(sdk::Schema schema) {
    std::vector<int32_t> columns{INGEST_COLUMN_READING_ID, INGEST_COLUMN_EQUIPMENT_ID};
    for (int32_t i = INGEST_COLUMN_FIRST_FIELD; i < schema.size(); ++i) columns.push_back(i);
    columns.push_back(INGEST_COLUMN_TIMESTAMP);
    for (const int32_t column : columns) {
        std::string lead = members_.empty() ? "{" : ", ";
        append_json(lead, schema.name(column));
        lead += ": ";
        members_.push_back({column, kind_of(schema.format(column)), std::move(lead)});
    }
}

MessageFormat::Kind MessageFormat::kind_of(std::string_view format) {
    if (format == "g") return Kind::float64;
    if (format == "l") return Kind::int64;
    if (format == "u") return Kind::utf8;
    if (format == "b") return Kind::boolean;
    if (format == "tsu:UTC") return Kind::timestamp;
    if (format == "w:16") return Kind::uuid;
    throw sdk::Error(INGEST_UNSUPPORTED,
                     "redis-sink does not know the column format " + std::string(format));
}

void MessageFormat::append(std::string& out, const sdk::Batch& batch, int64_t row) const {
    for (const Member& member : members_) {
        out += member.lead;
        const sdk::Column column = batch.column(member.column);
        if (column.has(row)) {
            append_value(out, member.kind, column, row);
        } else {
            out += "null";
        }
    }
    out += '}';
}

void MessageFormat::append_value(std::string& out, Kind kind, sdk::Column column, int64_t row) {
    switch (kind) {
        case Kind::float64: {
            // The host lets no other doubles in; JSON has no word for them.
            const double value = column.f64(row);
            if (std::isfinite(value)) return append_json(out, value);
            out += "null";
            return;
        }
        case Kind::int64: {
            char text[20];
            out.append(text, std::to_chars(text, text + sizeof text, column.i64(row)).ptr);
            return;
        }
        case Kind::utf8: return append_json(out, column.utf8(row));
        case Kind::boolean: out += column.boolean(row) ? "true" : "false"; return;
        case Kind::timestamp:
            out += '"';
            append_isoformat(out, column.i64(row));
            out += '"';
            return;
        case Kind::uuid: return append_uuid(out, column.uuid(row));
    }
}

}  // namespace ingest::redis_sink
