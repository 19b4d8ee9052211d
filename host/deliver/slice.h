#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <ingest/plugin/batch.h>

#include "model/arrow_view.h"
#include "spool/spool.h"

namespace ingest::deliver {

// The part [range.first, range.end) of some records of the log: what one write sends.
struct Slice {
    spool::Range range;
    // In order; the first and the last may reach beyond the range, and there may be holes.
    std::vector<spool::Record> records;
};

std::uint64_t rows_in(const Slice& slice) noexcept;

// What of it lies in `range`, which lies in the slice's. Keeps only the records that it needs.
Slice part_of(const Slice& slice, spool::Range range);

// The two halves of a slice with at least two readings; holes may leave one of them empty.
std::pair<Slice, Slice> halve(const Slice& slice);

// A slice as the batches that a sink's write gets. Records that lie wholly inside are shown
// without a copy. Valid as long as the slice; one thread.
class SliceBatches {
public:
    void fill(const Slice& slice, std::int64_t deadline_ns);
    std::span<const ingest_batch* const> batches() const noexcept { return pointers_; }

private:
    std::vector<std::unique_ptr<model::ArrowView>> views_;  // reused from write to write
    std::vector<model::Batch> cut_;  // copies of the parts of records that are cut
    std::vector<ingest_batch> batches_;
    std::vector<const ingest_batch*> pointers_;
};

}  // namespace ingest::deliver
