#include <limits>
#include <new>

#include <zlib.h>

#include "coding/decoding.h"

namespace ingest::coding {
namespace {

// With the header and the checksum of gzip, and nothing else.
constexpr int gzip_window_bits = MAX_WBITS + 16;

constexpr std::string_view magic = "\x1f\x8b";

class Gzip final : public Decoding {
public:
    explicit Gzip(std::string_view encoded) : left_(encoded) {
        if (inflateInit2(&stream_, gzip_window_bits) != Z_OK) throw std::bad_alloc();
    }
    ~Gzip() override { inflateEnd(&stream_); }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    Step next(std::span<char> to) override;

private:
    int inflate_some(std::span<char> to, std::size_t& written);

    z_stream stream_{};
    std::string_view left_;
};

// zlib counts in 32 bits.
uInt at_most(std::size_t size) noexcept {
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    return static_cast<uInt>(size < most ? size : most);
}

int Gzip::inflate_some(std::span<char> to, std::size_t& written) {
    // zlib reads and does not write what it takes as not const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(left_.data()));
    stream_.avail_in = at_most(left_.size());
    stream_.next_out = reinterpret_cast<Bytef*>(to.data() + written);
    stream_.avail_out = at_most(to.size() - written);
    const uInt in = stream_.avail_in;
    const uInt out = stream_.avail_out;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    left_.remove_prefix(in - stream_.avail_in);
    written += out - stream_.avail_out;
    return result;
}

Decoding::Step Gzip::next(std::span<char> to) {
    std::size_t written = 0;
    while (written < to.size()) {
        const int result = inflate_some(to, written);
        if (result == Z_STREAM_END) {
            if (left_.empty()) return {State::done, written};
            if (!left_.starts_with(magic.substr(0, left_.size())))
                return {State::trailing, written};
            inflateReset(&stream_);
            continue;
        }
        if (result == Z_MEM_ERROR) throw std::bad_alloc();
        if (result != Z_OK && result != Z_BUF_ERROR) return {State::corrupt, written};
        if (left_.empty() && written < to.size()) return {State::truncated, written};
    }
    return {State::more, written};
}

}  // namespace

std::unique_ptr<Decoding> Decoding::begin_gzip(std::string_view encoded) {
    return std::make_unique<Gzip>(encoded);
}

}  // namespace ingest::coding
