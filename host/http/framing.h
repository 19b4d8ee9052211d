#pragma once

#include <cstdint>

#include "http/head.h"
#include "http/rejection.h"
#include "http/request_fields.h"

namespace ingest::http {

// Where a request's body ends and whether the connection goes on after it.
struct Framing {
    enum class Body { none, sized, chunked };
    Body body = Body::none;
    std::uint64_t length = 0;  // of a sized body
    bool keep_alive = true;
    bool expects_continue = false;
};

// Decides it strictly, so that no proxy in front can be of another opinion: Transfer-Encoding is
// "chunked", once, in HTTP/1.1, without Content-Length; Content-Length is one number, once; Host
// is there (HTTP/1.1) and valid, once. Pure. `framing` is filled as far as it was read.
Rejection read_framing(const Head& head, const RequestFields& fields, Framing& framing) noexcept;

}  // namespace ingest::http
