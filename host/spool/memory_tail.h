#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "spool/types.h"

namespace ingest::spool {

// The newest records, in order, so that lanes which keep up never read the disk. Bounded in the
// memory that they hold, of which small records have more than they use.
// Guarded by its owner.
class MemoryTail {
public:
    explicit MemoryTail(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

    // What has to give way is moved to `out`, to be freed outside the owner's lock.
    void push(const Record& record, std::vector<Record>& out) {
        bytes_ += record.batch->memory();
        records_.push_back(record);
        while (bytes_ > bytes_max_) pop(out);
    }
    // Lets go of what lies below `position`.
    void drop_below(std::uint64_t position, std::vector<Record>& out) {
        while (!records_.empty() && records_.front().end() <= position) pop(out);
    }

    bool reaches_back_to(std::uint64_t position) const noexcept {
        return !records_.empty() && records_.front().first <= position;
    }

    // REQUIRES: reaches_back_to(from), and `from` lies in one of the records.
    Run read(std::uint64_t from, std::int64_t rows_max, std::uint64_t bytes_max) const {
        Run run{.records = {}, .end = from};
        std::int64_t rows = 0;
        std::uint64_t bytes = 0;
        auto at = std::ranges::upper_bound(records_, from, {}, &Record::first);
        for (--at; at != records_.end(); ++at) {
            rows += at->batch->rows();
            bytes += at->batch->bytes();
            if (!run.records.empty() && (rows > rows_max || bytes > bytes_max)) break;
            run.records.push_back(*at);
            run.end = at->end();
        }
        return run;
    }

private:
    void pop(std::vector<Record>& out) {
        bytes_ -= records_.front().batch->memory();
        out.push_back(std::move(records_.front()));
        records_.pop_front();
    }

    const std::uint64_t bytes_max_;
    std::uint64_t bytes_ = 0;
    std::deque<Record> records_;
};

}  // namespace ingest::spool
