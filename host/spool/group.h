#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/batch.h"
#include "model/schema.h"
#include "spool/types.h"

namespace ingest::spool {

// One call of Spool::submit on its way.
struct Submission {
    model::Batch batch;
    std::function<void(Result<Range>)> done;
};

// What is written and synced together. Submissions keep their order, and each one's readings get
// positions in a row, whatever records they fall into.
struct Group {
    Range readings;
    std::vector<Record> records;
    std::vector<Range> ranges;  // of each submission
    std::uint64_t bytes = 0;    // of the records as stored
};

// Small batches are merged into records of up to `record_rows_max` rows, larger ones are cut, a
// batch that makes a good record by itself is moved. Empties the submissions' batches.
Group assemble(std::span<Submission> submissions, std::uint64_t first,
               std::uint32_t record_rows_max, const model::Schema& schema);

// Appends the records' bytes to `out`; `offset` is where the first will stand in the segment.
void append_group(std::string& out, const Group& group, std::uint64_t segment,
                  std::uint64_t offset);

}  // namespace ingest::spool
