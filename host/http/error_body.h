#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingest::http {

// An error body is smaller than this whatever was sent.
inline constexpr std::size_t error_body_max = 4096;

std::string_view reason_phrase(unsigned status) noexcept;

// What every error answer says, beside its own text.
struct ErrorContext {
    std::string_view request_id;
    std::int64_t now_us = 0;
};

// {error, detail, status_code, timestamp, request_id}
void append_error(std::string& out, unsigned status, std::string_view detail,
                  const ErrorContext& context);
// The same without the closing brace, to add members.
void begin_error(std::string& out, unsigned status, std::string_view detail,
                 const ErrorContext& context);

// As a JSON string, with "..." for what is beyond `size_max` bytes; never cuts a character.
void append_cut(std::string& out, std::string_view text, std::size_t size_max);

}  // namespace ingest::http
