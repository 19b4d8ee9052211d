#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

// UTF-8, and JSON fragments that are appended to a string: for answers, messages and log lines,
// which are rendered without a document tree.
namespace ingest {

// Well-formed by RFC 3629: nothing overlong, no surrogates.
bool is_utf8(std::string_view text) noexcept;

// The text with JSON's escapes, without quotes. Control characters, quotes, the backslash and
// U+2028/U+2029 are escaped, DEL and C1 controls too, so that a line stays a line everywhere.
// Bytes that are not UTF-8 become U+FFFD, one each.
void append_json_escaped(std::string& out, std::string_view text);

inline void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    append_json_escaped(out, text);
    out += '"';
}

// The shortest text that reads back as the same double; null for what JSON has no word for.
inline void append_json_number(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value);
    out.append(text, end.ptr);
    // A whole number keeps a fraction ("20.0"), as the service that this one replaces wrote it.
    const std::string_view written(text, static_cast<size_t>(end.ptr - text));
    if (written.find_first_of(".e") == std::string_view::npos) out += ".0";
}

}  // namespace ingest
