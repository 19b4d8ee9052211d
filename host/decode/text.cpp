#include "decode/text.h"

#include <cstdint>

#include "base/ascii.h"

namespace ingest::decode {
namespace {

constexpr std::uint32_t no_code = 0xFFFFFFFF;

std::uint32_t hex4(std::string_view text, std::size_t at) noexcept {
    if (at + 4 > text.size()) return no_code;
    std::uint32_t code = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        const int digit = hex_value(text[i]);
        if (digit < 0) return no_code;
        code = code << 4 | static_cast<std::uint32_t>(digit);
    }
    return code;
}

std::size_t put_utf8(std::uint32_t code, char* to) noexcept {
    const auto put = [to](std::size_t i, std::uint32_t byte) {
        to[i] = static_cast<char>(static_cast<unsigned char>(byte));
    };
    if (code < 0x80) {
        put(0, code);
        return 1;
    }
    if (code < 0x800) {
        put(0, 0xC0 | code >> 6);
        put(1, 0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        put(0, 0xE0 | code >> 12);
        put(1, 0x80 | (code >> 6 & 0x3F));
        put(2, 0x80 | (code & 0x3F));
        return 3;
    }
    put(0, 0xF0 | code >> 18);
    put(1, 0x80 | (code >> 12 & 0x3F));
    put(2, 0x80 | (code >> 6 & 0x3F));
    put(3, 0x80 | (code & 0x3F));
    return 4;
}

char simple_escape(char c) noexcept {
    switch (c) {
        case '"': return '"';
        case '\\': return '\\';
        case '/': return '/';
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        default: return '\0';
    }
}

// Length of the well-formed sequence at `at`, or 0 (Unicode, table 3-7).
std::size_t sequence_size(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return byte(i) >= 0x80 && byte(i) <= 0xBF; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    if (first < 0xE0) return follows(1) ? 2 : 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (first == 0xED && byte(1) > 0x9F) return 0;  // surrogates
    if (first < 0xF0) return follows(1) && follows(2) ? 3 : 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;  // overlong
    if (first == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
}

}  // namespace

std::string_view cut(std::string_view text, std::size_t bytes_max) noexcept {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end);
}

std::size_t first_invalid_utf8(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t size = sequence_size(text, at);
        if (size == 0) break;
        at += size;
    }
    return at;
}

Unescaped unescape(std::string_view raw, char* to) noexcept {
    Unescaped done;
    const auto fault = [&done](const char* what, std::size_t at) {
        done.fault = what;
        done.fault_offset = at;
        return done;
    };
    std::size_t i = 0;
    while (i < raw.size()) {
        if (raw[i] != '\\') {
            to[done.size++] = raw[i++];
            continue;
        }
        const char c = i + 1 < raw.size() ? raw[i + 1] : '\0';
        if (c != 'u') {
            const char simple = simple_escape(c);
            if (simple == '\0') return fault("not an escape that JSON has", i);
            to[done.size++] = simple;
            i += 2;
            continue;
        }
        std::uint32_t code = hex4(raw, i + 2);
        if (code == no_code) return fault("\\u must be followed by four hexadecimal digits", i);
        std::size_t used = 6;
        if (code >= 0xD800 && code <= 0xDFFF) {
            const bool pair = code < 0xDC00 && raw.substr(i + 6, 2) == "\\u";
            const std::uint32_t low = pair ? hex4(raw, i + 8) : no_code;
            if (low < 0xDC00 || low > 0xDFFF) return fault("half of a surrogate pair", i);
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            used = 12;
        }
        done.size += put_utf8(code, to + done.size);
        i += used;
    }
    return done;
}

}  // namespace ingest::decode
