#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "http/rejection.h"

namespace ingest::http {

struct FieldView {
    std::string_view name;
    std::string_view value;  // without blanks around it
};

// The head of a request that passed HeadScanner, taken apart by HeadParser.
struct Head {
    std::string_view method;
    std::string_view target;
    bool http_1_1 = true;
    std::span<const FieldView> fields;
};

// Finds the end of a request's head in bytes as they arrive and checks, before any other parser
// sees them, that they are strictly
//   head    = [ CRLF ] request-line CRLF *( field CRLF ) CRLF
//   request-line = token SP target SP "HTTP/1." ( "0" / "1" )
//   field   = token ":" *( HTAB / SP / VCHAR / obs-text )
// with lines ended by CRLF only, no continuation lines, no blank before the colon, and within the
// bounds. Pure. A line is checked when it is complete, so an error is known as early as possible.
class HeadScanner {
public:
    struct Options {
        std::size_t request_line_max = 4 * 1024;
        std::size_t headers_max = 8 * 1024;
        std::size_t fields_max = 64;
    };
    enum class State { more, complete, rejected };

    explicit HeadScanner(const Options& options) noexcept : options_(options) {}

    // `bytes`: all that has arrived of this request. Called again with more bytes appended.
    State scan(std::string_view bytes) noexcept;

    // After `complete`: the head is bytes[begin, end), its blank line included.
    std::size_t begin() const noexcept { return begin_; }
    std::size_t end() const noexcept { return line_begin_; }
    // After `rejected`.
    const Rejection& rejection() const noexcept { return rejection_; }

    // For the next request.
    void reset() noexcept;

private:
    State reject(const Rejection& rejection) noexcept;
    bool take_line(std::string_view line) noexcept;
    bool within_bounds(std::size_t size) noexcept;

    Options options_;
    std::size_t begin_ = 0;         // of the request line
    std::size_t line_begin_ = 0;    // of the line that is not complete yet
    std::size_t searched_ = 0;      // no line feed in [line_begin_, searched_)
    std::size_t headers_begin_ = 0; // behind the request line; 0: still in it
    std::size_t fields_ = 0;
    bool complete_ = false;
    Rejection rejection_;
};

// The parts of a checked line, for tests and for the scanner.
Rejection check_request_line(std::string_view line) noexcept;
Rejection check_field_line(std::string_view line) noexcept;

// A target in one of the forms that are served: "/path?query", "http://authority/path?query" and
// "*" (the router allows it to OPTIONS only).
struct Target {
    std::string_view authority;  // of the absolute form
    std::string_view path;       // "/..." or "*"
    std::string_view query;      // without the "?"
};
Target split_target(std::string_view target) noexcept;

// host [ ":" port ], as in a Host field; never empty, no user, no list.
bool is_authority(std::string_view text) noexcept;

}  // namespace ingest::http
