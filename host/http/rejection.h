#pragma once

#include <cstdint>
#include <string_view>

namespace ingest::http {

// Why a request gets no service: an HTTP status and a sentence for the client. Trivial; status 0
// means there is nothing to reject.
struct Rejection {
    std::uint16_t status = 0;
    std::string_view detail;  // of static lifetime
    explicit operator bool() const noexcept { return status != 0; }
};

}  // namespace ingest::http
