#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "coding/decoding.h"
#include "http/head.h"

namespace ingest::http {

// The fields of a request that mean something here, picked out in one pass.
struct RequestFields {
    struct Seen {
        std::string_view value;  // of the first one
        std::uint32_t count = 0;
    };
    Seen host;
    Seen content_length;
    Seen transfer_encoding;
    Seen content_type;
    Seen content_encoding;
    Seen expect;
    Seen idempotency_key;
    Seen request_id;
    Seen authorization;
    Seen api_key;  // X-API-Key
    Seen traceparent;
    Seen origin;
    Seen if_none_match;
    Seen requested_method;  // Access-Control-Request-Method
    bool connection_close = false;
    bool connection_keep_alive = false;
};

RequestFields pick_fields(std::span<const FieldView> fields) noexcept;

// This media type, with no parameter but charset=utf-8.
bool is_media(std::string_view content_type, std::string_view media_type) noexcept;

// text/csv (RFC 4180, 3), with no parameters but charset=utf-8 and `header`.
enum class CsvMedia : std::uint8_t {
    none,      // another type, or another charset
    named,     // its first line names the columns
    headless,  // header=absent: it does not, so nobody could say what is what
};
CsvMedia read_csv_media(std::string_view content_type) noexcept;

// What read_coding() knows, for Accept-Encoding.
inline constexpr std::string_view codings_served = "gzip, zstd";

// The coding of a body; nothing when it is not served, or is more than one.
std::optional<coding::Coding> read_coding(const RequestFields::Seen& content_encoding) noexcept;

}  // namespace ingest::http
