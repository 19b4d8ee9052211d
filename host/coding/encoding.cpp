#include "coding/encoding.h"

#include <limits>
#include <new>

#include <zlib.h>
#include <zstd.h>

#include "base/check.h"
#include "base/free.h"

namespace ingest::coding {
namespace {

// With the header and the checksum of gzip.
constexpr int gzip_window_bits = MAX_WBITS + 16;
constexpr int gzip_memory_level = 8;
// What zlib.h says that this window and memory level take, and a few kilobytes of its own.
constexpr std::size_t gzip_memory =
    (std::size_t{1} << (MAX_WBITS + 2)) + (std::size_t{1} << (gzip_memory_level + 9)) + 16 * 1024;

// Far below what every client grants (RFC 9659); larger ones do little for texts of our size.
constexpr int zstd_window_log = 19;

int gzip_level(Effort effort) noexcept { return effort == Effort::quick ? 1 : 6; }
int zstd_level(Effort effort) noexcept { return effort == Effort::quick ? 1 : 6; }

}  // namespace

class Encoder::Gzip {
public:
    explicit Gzip(int level) {
        if (deflateInit2(&stream_, level, Z_DEFLATED, gzip_window_bits, gzip_memory_level,
                         Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    ~Gzip() { deflateEnd(&stream_); }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    void encode(std::string_view text, std::string& to) {
        deflateReset(&stream_);
        to.resize(deflateBound(&stream_, text.size()));
        // zlib reads and does not write what it takes as not const.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        stream_.avail_in = static_cast<uInt>(text.size());
        stream_.next_out = reinterpret_cast<Bytef*>(to.data());
        stream_.avail_out = static_cast<uInt>(to.size());
        const int ended = deflate(&stream_, Z_FINISH);
        check(ended == Z_STREAM_END, "a text fits into what deflateBound() says");
        to.resize(stream_.total_out);
    }

private:
    z_stream stream_{};
};

class Encoder::Zstd {
public:
    explicit Zstd(int level) : context_(ZSTD_createCCtx()) {
        if (!context_) throw std::bad_alloc();
        set(ZSTD_c_compressionLevel, level);
        set(ZSTD_c_windowLog, zstd_window_log);
        set(ZSTD_c_checksumFlag, 1);
    }

    void encode(std::string_view text, std::string& to) {
        to.resize(ZSTD_compressBound(text.size()));
        const std::size_t size =
            ZSTD_compress2(context_.get(), to.data(), to.size(), text.data(), text.size());
        // With room for it, only memory can be lacking.
        if (ZSTD_isError(size) != 0) throw std::bad_alloc();
        to.resize(size);
    }

    std::size_t memory() const noexcept { return ZSTD_sizeof_CCtx(context_.get()); }

private:
    void set(ZSTD_cParameter parameter, int value) {
        const std::size_t done = ZSTD_CCtx_setParameter(context_.get(), parameter, value);
        check(ZSTD_isError(done) == 0, "zstd takes its parameters");
    }

    const std::unique_ptr<ZSTD_CCtx, Free<ZSTD_freeCCtx>> context_;
};

Encoder::Encoder(Effort effort) : effort_(effort) {}
Encoder::~Encoder() = default;

void Encoder::encode(Coding coding, std::string_view text, std::string& to) {
    check(text.size() <= std::numeric_limits<uInt>::max() / 2, "zlib counts in 32 bits");
    if (coding == Coding::gzip) {
        if (!gzip_) gzip_ = std::make_unique<Gzip>(gzip_level(effort_));
        gzip_->encode(text, to);
    } else {
        if (!zstd_) zstd_ = std::make_unique<Zstd>(zstd_level(effort_));
        zstd_->encode(text, to);
    }
}

std::size_t Encoder::memory() const noexcept {
    return (gzip_ ? gzip_memory : 0) + (zstd_ ? zstd_->memory() : 0);
}

}  // namespace ingest::coding
