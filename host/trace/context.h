#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingest::trace {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

// Where in which trace something happens.
struct Context {
    TraceId trace{};
    SpanId span{};
    friend bool operator==(const Context&, const Context&) = default;
};

// What a client says of the trace that its request belongs to.
struct Parent {
    Context context;
    bool sampled = false;  // it records its part
};

// The field `traceparent` (W3C Trace Context, level 1): `00-TRACE-SPAN-FLAGS` in lower-case
// hexadecimal digits. Versions after 00 may have more behind the flags; ff is none. Nothing when it
// is malformed: then it is as if it had not been sent.
std::optional<Parent> parse_traceparent(std::string_view text) noexcept;

// The same for whoever comes next, sampled.
std::string to_traceparent(const Context& context);

}  // namespace ingest::trace
