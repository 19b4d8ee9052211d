#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ingest::http {

// Takes the chunked coding of RFC 9112, 7.1 off a body, strictly:
//   body  = *chunk 1*"0" [ extension ] CRLF CRLF
//   chunk = 1*HEXDIG [ extension ] CRLF data CRLF
//   extension = ";" *( HTAB / SP / VCHAR )      at most 256 bytes, of no meaning
// Trailer fields are refused. Pure and incremental.
class ChunkedDecoder {
public:
    enum class State { more, data, done, bad };
    struct Step {
        State state;
        std::size_t consumed;   // bytes of `input` that are dealt with
        std::string_view data;  // State::data: a run of body bytes, inside `input`
    };
    static constexpr std::size_t extension_max = 256;

    // Takes from the front of `input` until there is a run of body bytes, the end, an error, or no
    // input left. After `done` and `bad` it must be reset().
    Step next(std::string_view input) noexcept;

    void reset() noexcept { *this = ChunkedDecoder(); }

private:
    enum class Expect { size, extension, size_lf, data, data_cr, data_lf, end_cr, end_lf };

    bool take(char c) noexcept;

    Expect expect_ = Expect::size;
    std::uint64_t left_ = 0;  // the size so far, then what is left of the chunk
    std::size_t digits_ = 0;
    std::size_t extension_ = 0;
    bool done_ = false;
};

}  // namespace ingest::http
