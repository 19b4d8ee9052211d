#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "coding/coding.h"

namespace ingest::coding {

// The largest window of zstd that is decoded: what RFC 9659 grants to every client.
inline constexpr int zstd_window_log_max = 23;

// What a Decoding holds at most: the window of zstd and the blocks beside it. That of gzip is
// 32 KiB.
inline constexpr std::size_t memory_max = (std::size_t{1} << zstd_window_log_max) + 1024 * 1024;

// Undoes the coding of a whole body, piece by piece into memory of the caller's, who thereby bounds
// what comes out. Members of gzip (RFC 1952, 2.2) and frames of zstd (RFC 8878, 3) that follow one
// another are one text. Checksums are checked. Borrows the encoded bytes; one thread.
class Decoding {
public:
    enum class State {
        more,       // the memory is full; there may be more, or nothing
        done,       // all bytes are used, and the last member or frame is complete
        truncated,  // the bytes end before it is
        corrupt,
        trailing,   // something else follows the last member or frame
        window,     // needs a larger window than zstd_window_log_max
    };
    struct Step {
        State state = State::done;
        std::size_t size = 0;  // bytes written
    };

    // Throws std::bad_alloc.
    static std::unique_ptr<Decoding> begin_gzip(std::string_view encoded);
    static std::unique_ptr<Decoding> begin_zstd(std::string_view encoded);
    // REQUIRES: not identity.
    static std::unique_ptr<Decoding> begin(Coding coding, std::string_view encoded);

    virtual ~Decoding() = default;
    // After anything but `more` the decoding is over. REQUIRES: `to` is not empty.
    virtual Step next(std::span<char> to) = 0;
};

// For a client: what is wrong with its body. REQUIRES: neither `more` nor `done`.
std::string_view description_of(Decoding::State state) noexcept;

}  // namespace ingest::coding
