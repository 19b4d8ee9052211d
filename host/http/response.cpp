#include "http/response.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "http/error_body.h"

namespace ingest::http {
namespace {

void append_number(std::string& out, std::size_t value) {
    char text[20];
    const auto end = std::to_chars(text, text + sizeof text, value);
    out.append(text, end.ptr);
}

void append_two_digits(std::string& out, unsigned value) {
    out += static_cast<char>('0' + value / 10 % 10);
    out += static_cast<char>('0' + value % 10);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

// IMF-fixdate of RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string date_text(std::int64_t second) {
    using namespace std::chrono;
    static constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const sys_seconds when{seconds(second)};
    const auto day = floor<std::chrono::days>(when);
    const year_month_day date(day);
    const hh_mm_ss time(when - day);
    std::string text = days[weekday(day).c_encoding()];
    text += ", ";
    append_two_digits(text, static_cast<unsigned>(date.day()));
    text += ' ';
    text += months[static_cast<unsigned>(date.month()) - 1];
    text += ' ';
    text += std::to_string(static_cast<int>(date.year()));
    text += ' ';
    append_two_digits(text, static_cast<unsigned>(time.hours().count()));
    text += ':';
    append_two_digits(text, static_cast<unsigned>(time.minutes().count()));
    text += ':';
    append_two_digits(text, static_cast<unsigned>(time.seconds().count()));
    text += " GMT";
    return text;
}

}  // namespace

void append_response(std::string& out, const Response& response) {
    const bool has_content = response.status != 204 && response.status != 304;
    out += "HTTP/1.1 ";
    append_number(out, response.status);
    out += ' ';
    out += reason_phrase(response.status);
    out += "\r\n";
    append_field(out, "Date", response.date);
    if (has_content) {
        append_field(out, "Content-Type", response.content_type);
        out += "Content-Length: ";
        append_number(out, response.body.size());
        out += "\r\n";
    }
    if (has_content && !response.content_encoding.empty())
        append_field(out, "Content-Encoding", response.content_encoding);
    if (response.varies_by_coding) out += "Vary: Accept-Encoding\r\n";
    append_field(out, "X-Request-ID", response.request_id);
    out += "X-Content-Type-Options: nosniff\r\n";
    if (!response.keep_alive) out += "Connection: close\r\n";
    else if (!response.http_1_1) out += "Connection: keep-alive\r\n";
    if (!response.allow.empty()) append_field(out, "Allow", response.allow);
    if (!response.accept_encoding.empty())
        append_field(out, "Accept-Encoding", response.accept_encoding);
    if (response.retry_after_s != 0) {
        out += "Retry-After: ";
        append_number(out, response.retry_after_s);
        out += "\r\n";
    }
    if (!response.entity_tag.empty()) {
        append_field(out, "ETag", response.entity_tag);
        out += "Cache-Control: no-cache\r\n";
    }
    if (response.page) {
        out += "Content-Security-Policy: default-src 'none'; script-src 'self'; "
               "style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
               "form-action 'none'; frame-ancestors 'none'\r\n";
    }
    out += response.more_fields;
    out += "\r\n";
    if (has_content && !response.head_only && !response.body_apart) out += response.body;
}

std::string_view DateText::at(std::int64_t now_us) {
    const std::int64_t second = now_us / 1'000'000;
    if (second != second_) {
        second_ = second;
        text_ = date_text(second);
    }
    return text_;
}

CorsPolicy::CorsPolicy(const Cors& options)
    : options_(options),
      everyone_(std::ranges::find(options.origins, "*") != options.origins.end()) {}

bool CorsPolicy::admits(std::string_view origin) const noexcept {
    return everyone_ || std::ranges::find(options_.origins, origin) != options_.origins.end();
}

void CorsPolicy::append_fields(std::string& out, std::string_view origin) const {
    if (options_.origins.empty()) return;
    // A cache must not give one origin's answer to another.
    if (!everyone_) out += "Vary: Origin\r\n";
    if (origin.empty() || !admits(origin)) return;
    append_field(out, "Access-Control-Allow-Origin", everyone_ ? "*" : origin);
    out += "Access-Control-Expose-Headers: X-Request-ID, Retry-After, RateLimit, "
           "RateLimit-Policy, WWW-Authenticate, traceresponse\r\n";
}

void CorsPolicy::append_preflight_fields(std::string& out, std::string_view origin,
                                         std::string_view allow) const {
    if (options_.origins.empty() || origin.empty() || !admits(origin)) return;
    append_field(out, "Access-Control-Allow-Methods", allow);
    out += "Access-Control-Allow-Headers: Content-Type, Content-Encoding, Idempotency-Key, "
           "X-Request-ID, Authorization, X-API-Key, traceparent, tracestate\r\n";
    append_field(out, "Access-Control-Max-Age", std::to_string(options_.max_age_seconds));
}

}  // namespace ingest::http
