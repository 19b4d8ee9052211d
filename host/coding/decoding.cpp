#include "coding/decoding.h"

namespace ingest::coding {

std::unique_ptr<Decoding> Decoding::begin(Coding coding, std::string_view encoded) {
    return coding == Coding::gzip ? begin_gzip(encoded) : begin_zstd(encoded);
}

std::string_view description_of(Decoding::State state) noexcept {
    switch (state) {
        case Decoding::State::truncated:
            return "the compressed body ends too early";
        case Decoding::State::trailing:
            return "something else follows the compressed body";
        case Decoding::State::window:
            return "the compressed body needs a window of more than 8 MiB, which is not served";
        default:
            return "the body is not what its Content-Encoding says, or it is damaged";
    }
}

}  // namespace ingest::coding
