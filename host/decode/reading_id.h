#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"

namespace ingest::decode {

// Makes the ids of readings whose sender may retry: the same request gives the same ids, another
// content another id. A UUID of version 8 (RFC 9562, 5.8), cut from the SHA-1 of
//
//   key id  = "k" length-of-key key position content
//   own id  = "r" length-of-id id content
//
// after a fixed name space; lengths and positions are 8 bytes, so no two inputs can be confused.
// The content is the reading's bytes as sent, so white space counts. The first 48 bits are the
// milliseconds of the reading's own time, where it has one since 1970, so that indexes stay
// dense; all else is hash. Keeps the hash's input buffer. One thread.
class ReadingIds {
public:
    Uuid from_key(std::string_view key, std::uint32_t position, std::string_view content,
                  std::optional<std::int64_t> timestamp_us);
    Uuid from_own_id(std::string_view own_id, std::string_view content,
                     std::optional<std::int64_t> timestamp_us);

private:
    void begin(char kind, std::string_view name);
    void add(std::uint64_t number);
    Uuid end(std::string_view content, std::optional<std::int64_t> timestamp_us);

    std::string input_;
};

}  // namespace ingest::decode
