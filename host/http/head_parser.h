#pragma once

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

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ingest::http
