#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/server.h"

namespace ingest::http {

// An answer before it has a head. Views are borrowed until append_response() returns.
struct Response {
    unsigned status = 500;
    std::string_view content_type = "application/json";
    std::string_view body;
    std::string_view request_id;
    std::string_view date;           // of DateText
    std::string_view allow;          // empty: no Allow
    std::string_view content_encoding;  // empty: the body is as it is
    std::string_view accept_encoding;  // empty: no Accept-Encoding
    std::string_view entity_tag;     // empty: no ETag and Cache-Control
    std::uint32_t retry_after_s = 0; // 0: no Retry-After
    bool http_1_1 = true;            // what the request spoke
    bool keep_alive = true;
    bool head_only = false;          // to HEAD: the length of the body without it
    bool body_apart = false;         // the caller sends the body itself
    bool varies_by_coding = false;   // with another Accept-Encoding it could be another
    bool page = false;               // what a browser shows: gets a Content-Security-Policy
    std::string_view more_fields;    // whole lines, of CorsPolicy and Reception
};

// Head and body in one piece. Pure.
void append_response(std::string& out, const Response& response);

// The Date field's text, made once a second. One per core.
class DateText {
public:
    std::string_view at(std::int64_t now_us);

private:
    std::int64_t second_ = -1;
    std::string text_;
};

// Which other origins' pages may use the API (the Fetch standard's CORS protocol). Immutable.
class CorsPolicy {
public:
    explicit CorsPolicy(const Cors& options);

    // Appends the field lines for an answer to a request that has this Origin (empty: none).
    void append_fields(std::string& out, std::string_view origin) const;
    // Those of the answer to a preflight, in addition.
    void append_preflight_fields(std::string& out, std::string_view origin,
                                 std::string_view allow) const;

private:
    bool admits(std::string_view origin) const noexcept;

    const Cors options_;
    const bool everyone_;
};

}  // namespace ingest::http
