#pragma once

#include <array>
#include <vector>

#include <ingest/plugin/batch.h>

#include "model/batch.h"

namespace ingest::model {

// A batch as plugins see it: the Arrow structs over its buffers, without a copy. Valid until the
// batch changes or dies; refill it for each batch to reuse its memory. One thread.
class ArrowView {
public:
    ArrowView() = default;
    explicit ArrowView(const Batch& batch) { fill(batch); }
    ArrowView(const ArrowView&) = delete;
    ArrowView& operator=(const ArrowView&) = delete;

    void fill(const Batch& batch);
    const ArrowArray* array() const noexcept { return &root_; }

private:
    std::vector<ArrowArray> children_;
    std::vector<ArrowArray*> pointers_;
    std::vector<std::array<const void*, 3>> buffers_;
    std::array<const void*, 1> root_buffers_{};
    Buffer root_validity_;
    ArrowArray root_{};
};

}  // namespace ingest::model
