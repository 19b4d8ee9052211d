#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/head.h"

namespace ingest::http {

// Takes a head apart that HeadScanner has passed. Beast does it, and thereby is a second opinion:
// it is given exactly the bytes of the head and never those of a body. Owned by a session; the
// views it hands out point into its own copy and hold until the next parse().
class HeadParser {
public:
    HeadParser();
    ~HeadParser();
    HeadParser(const HeadParser&) = delete;
    HeadParser& operator=(const HeadParser&) = delete;

    // Null when Beast does not accept the bytes.
    const Head* parse(std::string_view bytes);
    // Lets go of the last head's copy.
    void release() noexcept;

    // What the copy of a head comes to, beside what the parser has anyhow.
    static constexpr std::size_t memory_max(std::size_t head_bytes, std::size_t fields) noexcept {
        constexpr std::size_t field_bytes = 96;  // Beast's node for one, without its text
        constexpr std::size_t first_line_bytes = 256;
        return head_bytes + fields * field_bytes + first_line_bytes;
    }

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ingest::http
