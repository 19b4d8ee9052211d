#include "spool/group.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/check.h"
#include "spool/record.h"

namespace ingest::spool {
namespace {

// Fills one record after the other.
class Assembler {
public:
    // `rows`: of all batches that will be added.
    Assembler(Group& group, std::int64_t rows, std::int64_t rows_max, const model::Schema& schema)
        : group_(group), rows_left_(rows), rows_max_(rows_max), schema_(schema) {}

    void add(model::Batch&& batch) {
        const bool large = batch.rows() * 2 > rows_max_ || batch.rows() == rows_left_;
        const bool alone = large && batch.rows() <= rows_max_;
        if (alone && (!open_ || open_->rows() + batch.rows() > rows_max_)) {
            close();
            rows_left_ -= batch.rows();
            take(std::make_shared<const model::Batch>(std::move(batch)));
            return;
        }
        for (std::int64_t row = 0; row < batch.rows();) {
            if (!open_) {
                const std::int64_t expected = std::min(rows_left_, rows_max_);
                open_ = std::make_shared<model::Batch>(schema_, expected);
            }
            const std::int64_t count = std::min(rows_max_ - open_->rows(), batch.rows() - row);
            open_->append(batch, row, count);
            row += count;
            rows_left_ -= count;
            if (open_->rows() == rows_max_) close();
        }
    }

    void close() {
        if (open_) take(std::exchange(open_, nullptr));
    }

private:
    void take(SharedBatch batch) {
        group_.bytes += record_size(*batch);
        const std::uint64_t first = group_.readings.end;
        group_.readings.end += static_cast<std::uint64_t>(batch->rows());
        group_.records.push_back({first, std::move(batch)});
    }

    Group& group_;
    std::int64_t rows_left_;
    const std::int64_t rows_max_;
    const model::Schema& schema_;
    std::shared_ptr<model::Batch> open_;  // shared: it becomes a Record's batch
};

}  // namespace

Group assemble(std::span<Submission> submissions, std::uint64_t first,
               std::uint32_t record_rows_max, const model::Schema& schema) {
    Group group{.readings = {first, first}, .records = {}, .ranges = {}};
    group.ranges.reserve(submissions.size());
    std::int64_t rows = 0;
    for (const Submission& submission : submissions) rows += submission.batch.rows();
    Assembler assembler(group, rows, record_rows_max, schema);
    std::uint64_t position = first;
    for (Submission& submission : submissions) {
        check(submission.batch.schema().same_layout(schema), "a batch has the spool's schema");
        const std::uint64_t end = position + static_cast<std::uint64_t>(submission.batch.rows());
        group.ranges.push_back({position, end});
        position = end;
        if (!submission.batch.empty()) assembler.add(std::move(submission.batch));
    }
    assembler.close();
    return group;
}

void append_group(std::string& out, const Group& group, std::uint64_t segment,
                  std::uint64_t offset) {
    out.reserve(out.size() + group.bytes);
    for (const Record& record : group.records) {
        append_record(out, *record.batch, record.first, segment, offset);
    }
}

}  // namespace ingest::spool
