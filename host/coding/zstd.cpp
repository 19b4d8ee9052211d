#include <new>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/check.h"
#include "base/free.h"
#include "coding/decoding.h"

namespace ingest::coding {
namespace {

class Zstd final : public Decoding {
public:
    explicit Zstd(std::string_view encoded) : context_(ZSTD_createDCtx()), left_(encoded) {
        if (!context_) throw std::bad_alloc();
        const std::size_t set = ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax,
                                                       zstd_window_log_max);
        check(ZSTD_isError(set) == 0, "zstd takes the bound of its window");
    }

    Step next(std::span<char> to) override;

private:
    State state_of(std::size_t error) const;

    const std::unique_ptr<ZSTD_DCtx, Free<ZSTD_freeDCtx>> context_;
    std::string_view left_;
    bool inside_ = true;    // a frame that is not complete; an empty body lacks its first
    bool complete_ = false;  // at least one frame is
};

Decoding::State Zstd::state_of(std::size_t error) const {
    switch (ZSTD_getErrorCode(error)) {
        case ZSTD_error_memory_allocation: throw std::bad_alloc();
        case ZSTD_error_frameParameter_windowTooLarge: return State::window;
        case ZSTD_error_prefix_unknown: return complete_ ? State::trailing : State::corrupt;
        default: return State::corrupt;
    }
}

Decoding::Step Zstd::next(std::span<char> to) {
    ZSTD_outBuffer out{to.data(), to.size(), 0};
    while (out.pos < out.size) {
        if (left_.empty() && !inside_) return {State::done, out.pos};
        ZSTD_inBuffer in{left_.data(), left_.size(), 0};
        const std::size_t before = out.pos;
        const std::size_t hint = ZSTD_decompressStream(context_.get(), &out, &in);
        if (ZSTD_isError(hint) != 0) return {state_of(hint), out.pos};
        left_.remove_prefix(in.pos);
        inside_ = hint != 0;
        complete_ = complete_ || !inside_;
        const bool idle = in.pos == 0 && out.pos == before;
        if (inside_ && left_.empty() && idle) return {State::truncated, out.pos};
    }
    return {State::more, out.pos};
}

}  // namespace

std::unique_ptr<Decoding> Decoding::begin_zstd(std::string_view encoded) {
    return std::make_unique<Zstd>(encoded);
}

}  // namespace ingest::coding
