#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "model/schema.h"
#include "spool/file.h"
#include "spool/quarantine.h"
#include "spool/segment_head.h"
#include "spool/types.h"

namespace ingest::spool {

struct RecordHeader;

// How far a segment goes: its last reading, and the bytes behind which nothing is durable yet.
struct Extent {
    std::uint64_t end = 0;
    std::uint64_t limit = 0;
};

// One segment's file, open, with an index that grows as it is written and read. Shared by the log
// and by readers that are inside it while the log lets it go; the last of them closes the file.
class Segment {
public:
    // `schema` is the one in the head.
    Segment(std::filesystem::path path, SegmentHead head, std::unique_ptr<model::Schema> schema,
            std::unique_ptr<File> file, std::uint64_t bytes);

    const std::filesystem::path& path() const noexcept { return path_; }
    std::string name() const { return path_.filename().string(); }
    const SegmentHead& head() const noexcept { return head_; }
    const model::Schema& schema() const noexcept { return *schema_; }
    File& file() const noexcept { return *file_; }
    std::uint64_t bytes() const noexcept { return bytes_; }

    // As Spool::read, within this segment: the run ends at extent.end at the latest. Damage goes
    // to the quarantine. Batches come in the layout of `schema`. Any thread.
    // REQUIRES: head().first <= from < extent.end
    Result<Run> read(const Extent& extent, std::uint64_t from, std::int64_t rows_max,
                     std::uint64_t bytes_max, const model::Schema& schema, Quarantine& quarantine);

    // A record begins here. Any thread.
    void remember(std::uint64_t first, std::uint64_t offset);

    // For recycling. REQUIRES: nobody else holds this segment.
    std::unique_ptr<File> take_file() noexcept { return std::move(file_); }

private:
    using Point = std::pair<std::uint64_t, std::uint64_t>;  // a record's first reading, its offset
    Point start_for(std::uint64_t from) const;
    SharedBatch decode(const RecordHeader& header,
                                               std::span<const std::byte> payload,
                                               const model::Schema& schema);
    void warn_of_left_out_fields(const model::Schema& schema);

    const std::filesystem::path path_;
    const SegmentHead head_;
    const std::unique_ptr<model::Schema> schema_;
    std::unique_ptr<File> file_;
    const std::uint64_t bytes_;

    mutable Mutex mutex_;
    std::vector<Point> index_ INGEST_GUARDED_BY(mutex_);  // sorted, sparse
    bool warned_ INGEST_GUARDED_BY(mutex_) = false;
};

// Shared: see Segment.
using SharedSegment = std::shared_ptr<Segment>;

}  // namespace ingest::spool
