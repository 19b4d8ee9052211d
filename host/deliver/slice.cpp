#include "deliver/slice.h"

#include <algorithm>

namespace ingest::deliver {
namespace {

spool::Range part_inside(const spool::Record& record, spool::Range range) noexcept {
    return {std::max(record.first, range.first), std::min(record.end(), range.end)};
}

}  // namespace

std::uint64_t rows_in(const Slice& slice) noexcept {
    std::uint64_t rows = 0;
    for (const spool::Record& record : slice.records) {
        const spool::Range part = part_inside(record, slice.range);
        rows += part.end - part.first;
    }
    return rows;
}

Slice part_of(const Slice& slice, spool::Range range) {
    Slice part{range, {}};
    for (const spool::Record& record : slice.records) {
        if (record.first < range.end && record.end() > range.first) part.records.push_back(record);
    }
    return part;
}

std::pair<Slice, Slice> halve(const Slice& slice) {
    const std::uint64_t middle = slice.range.first + (slice.range.end - slice.range.first) / 2;
    return {part_of(slice, {slice.range.first, middle}), part_of(slice, {middle, slice.range.end})};
}

void SliceBatches::fill(const Slice& slice, std::int64_t deadline_ns) {
    const std::size_t count = slice.records.size();
    while (views_.size() < count) views_.push_back(std::make_unique<model::ArrowView>());
    cut_.clear();
    cut_.reserve(count);  // the views point into these
    batches_.clear();
    pointers_.clear();
    for (std::size_t i = 0; i < count; ++i) {
        const spool::Record& record = slice.records[i];
        const auto [first, end] = part_inside(record, slice.range);
        const model::Batch* batch = record.batch.get();
        if (first != record.first || end != record.end()) {
            model::Batch& copy = cut_.emplace_back(batch->schema());
            copy.append(*batch, static_cast<std::int64_t>(first - record.first),
                        static_cast<std::int64_t>(end - first));
            batch = &copy;
        }
        views_[i]->fill(*batch);
        batches_.push_back({sizeof(ingest_batch), 0, first, deadline_ns, batch->schema().arrow(),
                            views_[i]->array(), nullptr});
    }
    for (const ingest_batch& batch : batches_) pointers_.push_back(&batch);
}

}  // namespace ingest::deliver
