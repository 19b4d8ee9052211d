#pragma once

#include <cstdint>
#include <span>
#include <string_view>

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
    Seen origin;
    Seen if_none_match;
    Seen requested_method;  // Access-Control-Request-Method
    bool connection_close = false;
    bool connection_keep_alive = false;
};

RequestFields pick_fields(std::span<const FieldView> fields) noexcept;

// application/json, with no parameter but charset=utf-8.
bool is_json(std::string_view content_type) noexcept;

}  // namespace ingest::http
