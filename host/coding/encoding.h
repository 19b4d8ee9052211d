#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "coding/coding.h"

namespace ingest::coding {

enum class Effort {
    quick,     // while a client waits: the level that costs least
    thorough,  // once, for what is sent many times
};

// What an Encoder of the quick kind holds at most, beside what it is given.
inline constexpr std::size_t encoder_memory_max = 2 * 1024 * 1024;

// Puts whole texts into a coding, one after the other. Owns the memory of each coding from its
// first use on. One thread.
class Encoder {
public:
    explicit Encoder(Effort effort);
    ~Encoder();
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    // Replaces `to`, which grows by little more than the text is long, whatever the text is. Throws
    // std::bad_alloc. REQUIRES: not identity; the text is smaller than 2 GiB.
    void encode(Coding coding, std::string_view text, std::string& to);

    // Bytes held for now.
    std::size_t memory() const noexcept;

private:
    class Gzip;
    class Zstd;

    const Effort effort_;
    std::unique_ptr<Gzip> gzip_;
    std::unique_ptr<Zstd> zstd_;
};

}  // namespace ingest::coding
