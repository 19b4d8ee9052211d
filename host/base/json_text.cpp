#include "base/json_text.h"

namespace ingest {
namespace {

unsigned char byte_at(std::string_view text, size_t i) noexcept {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

// Bytes of the well-formed sequence of two or more (RFC 3629, section 4) at the front; else 0.
size_t sequence_size(std::string_view text) noexcept {
    const unsigned lead = byte_at(text, 0);
    // The second byte's bounds are narrower where the sequence would be overlong, a surrogate or
    // beyond U+10FFFF.
    const unsigned least = lead == 0xE0 ? 0xA0U : lead == 0xF0 ? 0x90U : 0x80U;
    const unsigned most = lead == 0xED ? 0x9FU : lead == 0xF4 ? 0x8FU : 0xBFU;
    const size_t size = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (size == 0 || byte_at(text, 1) < least || byte_at(text, 1) > most) return 0;
    for (size_t i = 2; i < size; ++i) {
        if ((byte_at(text, i) & 0xC0U) != 0x80U) return 0;
    }
    return size;
}

void append_unicode_escape(std::string& out, unsigned code) {
    static constexpr char hex[] = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += hex[code >> shift & 15U];
}

// Appends one byte or sequence that may need an escape, and returns its size in the text.
size_t append_special(std::string& out, std::string_view text) {
    const unsigned lead = byte_at(text, 0);
    if (lead == '"' || lead == '\\') {
        out += '\\';
        out += text[0];
        return 1;
    }
    if (lead == '\n') {
        out += "\\n";
        return 1;
    }
    if (lead < 0x80) {
        append_unicode_escape(out, lead);
        return 1;
    }
    const size_t size = sequence_size(text);
    if (size == 0) {
        out += "\xEF\xBF\xBD";
        return 1;
    }
    if (lead == 0xC2 && byte_at(text, 1) < 0xA0) {
        append_unicode_escape(out, byte_at(text, 1));
    } else if (lead == 0xE2 && byte_at(text, 1) == 0x80 && (byte_at(text, 2) & 0xFEU) == 0xA8) {
        append_unicode_escape(out, 0x2000U | (byte_at(text, 2) & 0x3FU));
    } else {
        out.append(text.substr(0, size));
    }
    return size;
}

bool is_plain(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const size_t size = byte_at(text, 0) < 0x80 ? 1 : sequence_size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

void append_json_escaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        size_t plain = 0;
        while (plain < text.size() && is_plain(text[plain])) ++plain;
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (!text.empty()) text.remove_prefix(append_special(out, text));
    }
}

}  // namespace ingest
