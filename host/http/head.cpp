#include "http/head.h"

#include <array>

#include "http/ascii.h"

namespace ingest::http {
namespace {

constexpr std::string_view absolute_prefix = "http://";

// Per character, what the innermost loops ask.
struct CharClasses {
    std::array<bool, 256> token{};
    std::array<bool, 256> value{};
    constexpr CharClasses() {
        for (unsigned c = 0; c < 256; ++c) {
            token[c] = is_token_char(static_cast<char>(c));
            value[c] = (c >= 0x20 && c != 0x7F) || c == '\t';
        }
    }
};
constexpr CharClasses classes;

bool all(const std::array<bool, 256>& table, std::string_view text) noexcept {
    for (const char c : text) {
        if (!table[static_cast<unsigned char>(c)]) return false;
    }
    return true;
}

Rejection check_target(std::string_view target) noexcept {
    const Rejection bad{400, "the request target is not a path"};
    for (const char c : target) {
        if (!is_visible(c) || c == '#') return bad;
    }
    if (target == "*" || target.front() == '/') return {};
    if (!equals_ignoring_case(target.substr(0, absolute_prefix.size()), absolute_prefix)) {
        return bad;
    }
    return is_authority(split_target(target).authority) ? Rejection{} : bad;
}

Rejection check_version(std::string_view version) noexcept {
    if (version == "HTTP/1.1" || version == "HTTP/1.0") return {};
    const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") &&
                             is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    if (well_formed) return {505, "HTTP/1.1 and HTTP/1.0 are served here"};
    return {400, "the request line does not end with an HTTP version"};
}

}  // namespace

Rejection check_request_line(std::string_view line) noexcept {
    const std::size_t method_end = line.find(' ');
    if (method_end == 0 || method_end == std::string_view::npos ||
        !all(classes.token, line.substr(0, method_end))) {
        return {400, "the request line does not begin with a method"};
    }
    const std::string_view rest = line.substr(method_end + 1);
    const std::size_t target_end = rest.find(' ');
    if (target_end == 0 || target_end == std::string_view::npos) {
        return {400, "the request line is not: method, blank, target, blank, version"};
    }
    if (const Rejection bad = check_target(rest.substr(0, target_end))) return bad;
    return check_version(rest.substr(target_end + 1));
}

Rejection check_field_line(std::string_view line) noexcept {
    if (is_blank(line.front())) return {400, "a header field is continued on a second line"};
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos || !all(classes.token, line.substr(0, colon)))
        return {400, "a header field does not begin with a name and a colon"};
    if (!all(classes.value, line.substr(colon + 1)))
        return {400, "a header field has a control character"};
    return {};
}

HeadScanner::State HeadScanner::scan(std::string_view bytes) noexcept {
    if (rejection_) return State::rejected;
    if (complete_) return State::complete;
    // Says early to a client that speaks another protocol (TLS, say) that this is not HTTP.
    if (line_begin_ == 0 && !bytes.empty() && bytes[0] != '\r' && !is_token_char(bytes[0]))
        return reject({400, "the request line does not begin with a method"});
    for (;;) {
        const std::size_t line_end = bytes.find('\n', searched_);
        if (line_end == std::string_view::npos) {
            searched_ = bytes.size();
            return within_bounds(bytes.size()) ? State::more : State::rejected;
        }
        if (!within_bounds(line_end + 1)) return State::rejected;
        if (line_end == line_begin_ || bytes[line_end - 1] != '\r')
            return reject({400, "a line of the head does not end with CR LF"});
        const std::size_t line_begin = line_begin_;
        line_begin_ = searched_ = line_end + 1;
        if (!take_line(bytes.substr(line_begin, line_end - 1 - line_begin)))
            return State::rejected;
        if (complete_) return State::complete;
    }
}

// `line` is without its CRLF; line_begin_ is behind it.
bool HeadScanner::take_line(std::string_view line) noexcept {
    if (headers_begin_ == 0) {
        if (line.empty() && begin_ == 0) {  // RFC 9112, 2.2: one empty line before is no error
            begin_ = line_begin_;
            return true;
        }
        headers_begin_ = line_begin_;
        rejection_ = check_request_line(line);
        return !rejection_;
    }
    if (line.empty()) {
        complete_ = true;
        return true;
    }
    if (++fields_ > options_.fields_max) {
        rejection_ = {431, "too many header fields"};
        return false;
    }
    rejection_ = check_field_line(line);
    return !rejection_;
}

// `size`: the bytes that the head has at least.
bool HeadScanner::within_bounds(std::size_t size) noexcept {
    constexpr std::size_t crlf = 2;
    if (headers_begin_ == 0) {
        if (size > begin_ + options_.request_line_max + crlf)
            rejection_ = {414, "the request line is too long"};
    } else if (size > headers_begin_ + options_.headers_max + crlf) {
        rejection_ = {431, "the header fields are too long"};
    }
    return !rejection_;
}

HeadScanner::State HeadScanner::reject(const Rejection& rejection) noexcept {
    rejection_ = rejection;
    return State::rejected;
}

void HeadScanner::reset() noexcept { *this = HeadScanner(options_); }

Target split_target(std::string_view target) noexcept {
    Target parts;
    if (target.starts_with('/') || target == "*") {
        parts.path = take_until(target, '?');
        parts.query = target;
        return parts;
    }
    target.remove_prefix(absolute_prefix.size());
    const std::size_t path = target.find_first_of("/?");
    parts.authority = target.substr(0, path);
    std::string_view rest = path == std::string_view::npos ? "" : target.substr(path);
    parts.path = take_until(rest, '?');
    if (parts.path.empty()) parts.path = "/";
    parts.query = rest;
    return parts;
}

bool is_authority(std::string_view text) noexcept {
    if (text.empty()) return false;
    std::string_view port;
    if (text.front() == '[') {  // an IPv6 address
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || end < 3) return false;
        for (const char c : text.substr(1, end - 1)) {
            if (hex_value(c) < 0 && c != ':' && c != '.') return false;
        }
        port = text.substr(end + 1);
    } else {
        const std::size_t end = text.find(':');
        const std::string_view host = text.substr(0, end);
        port = end == std::string_view::npos ? std::string_view() : text.substr(end);
        if (host.empty()) return false;
        for (const char c : host) {  // reg-name of RFC 3986
            if (!is_alpha(c) && !is_digit(c) &&
                std::string_view("-._~!$&'()*+;=%").find(c) == std::string_view::npos)
                return false;
        }
    }
    if (port.empty()) return true;
    if (port.front() != ':' || port.size() > 6) return false;
    unsigned number = 0;
    for (const char c : port.substr(1)) {
        if (!is_digit(c)) return false;
        number = number * 10 + static_cast<unsigned>(c - '0');
    }
    return number <= 65535;
}

}  // namespace ingest::http
