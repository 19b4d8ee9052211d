#include "http/error_body.h"

#include "base/json_text.h"
#include "base/time_text.h"

namespace ingest::http {

std::string_view reason_phrase(unsigned status) noexcept {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 411: return "Length Required";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        default: return "Error";
    }
}

void append_cut(std::string& out, std::string_view text, std::size_t size_max) {
    if (text.size() <= size_max) {
        append_json_string(out, text);
        return;
    }
    std::size_t size = size_max;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80) --size;
    out += '"';
    append_json_escaped(out, text.substr(0, size));
    out += "...\"";
}

void begin_error(std::string& out, unsigned status, std::string_view detail,
                 const ErrorContext& context) {
    constexpr std::size_t detail_max = 300;  // at most six times that when escaped
    out += "{\"error\":";
    append_json_string(out, reason_phrase(status));
    out += ",\"detail\":";
    append_cut(out, detail, detail_max);
    out += ",\"status_code\":";
    out += std::to_string(status);
    out += ",\"timestamp\":\"";
    append_rfc3339(out, context.now_us);
    out += "\",\"request_id\":";
    append_json_string(out, context.request_id);
}

void append_error(std::string& out, unsigned status, std::string_view detail,
                  const ErrorContext& context) {
    begin_error(out, status, detail, context);
    out += '}';
}

}  // namespace ingest::http
