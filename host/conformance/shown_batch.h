#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <ingest/plugin/batch.h>

#include "conformance/fenced_memory.h"
#include "model/arrow_view.h"
#include "model/batch.h"

namespace ingest::conformance {

// What goes with a batch into a call.
struct Escort {
    std::uint32_t flags = 0;
    std::uint64_t sequence = 0;
    std::int64_t deadline_ns = 0;
    const std::uint8_t* refused = nullptr;  // a bitmap of the batch's rows
};

// A batch as a plugin sees it, in the host's own memory. Valid as long as the batch.
class PlainBatch {
public:
    PlainBatch(const model::Batch& batch, const Escort& escort);
    const ingest_batch* get() const noexcept { return &shown_; }

private:
    model::ArrowView view_;
    ingest_batch shown_;
};

// The same in memory that can only be read, every buffer and every struct between fences. The
// schema is as `create` got it.
class FencedBatch {
public:
    FencedBatch(const model::Batch& batch, const Escort& escort, Placed placed);
    const ingest_batch* get() const noexcept { return shown_; }
    // After the call that it was lent for.
    void take_back() noexcept { memory_.take_back(); }
    // Somebody called release, which is the owner's alone.
    static bool was_released() noexcept;

private:
    void* keep_column(const ArrowArray& column, const model::Field& field, Placed placed,
                      const model::Batch::Column& buffers);

    FencedMemory memory_;
    const ingest_batch* shown_ = nullptr;
};

}  // namespace ingest::conformance
