#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "model/schema.h"
#include "spool/file.h"
#include "spool/quarantine.h"
#include "spool/segment.h"
#include "spool/types.h"

namespace ingest::spool {

// Makes segments and lets go of them. Keeps one spare file at most, really written or left over
// from a segment that was consumed, so that appending only overwrites. Owns the spare; on the
// committer thread (in open() on the caller's) and as long as the log.
class SegmentStore {
public:
    SegmentStore(const Options& options, const model::Schema& schema, FileSystem& files,
                 Quarantine& quarantine);

    // Recovery tells what it found.
    void adopt_spare(std::unique_ptr<File> file, std::uint64_t bytes);
    void count_segment(std::uint64_t bytes) noexcept { bytes_ += bytes; }
    void forget_segment(std::uint64_t bytes) noexcept { bytes_ -= bytes; }

    // A segment whose first reading is `first`, empty, in place and durable. The former one ends
    // at `former_end`. Takes the spare; if that fails a second, new file gets a chance.
    FileResult<SharedSegment> begin(std::uint64_t first, std::uint64_t former_end);

    // Writes the next piece of a spare, if there is to be one. True: go on. An error takes the
    // piece back and leaves the spare for later.
    FileResult<bool> prepare_spare();
    bool wants_spare() const noexcept {
        return spare_ ? !spare_->named : has_room_for_file();
    }

    // The first step of letting go: the name goes, or moves to the spare's place. `clean` is false
    // for a file that failed to sync. The caller syncs the directory before the next begin().
    FileResult<void> remove(SharedSegment segment, bool clean);
    FileResult<void> sync_directory() { return files_.sync_directory(options_.dir); }

    // Sizes of the segments and the spare.
    std::uint64_t bytes() const noexcept { return bytes_; }
    // What can still be appended in segments that are not begun yet.
    std::uint64_t room() const noexcept;
    // The largest group that an empty segment takes.
    std::uint64_t capacity() const noexcept { return options_.segment_bytes - head_bytes_; }
    std::uint64_t recycled() const noexcept { return recycled_; }
    // False when only the removal of a segment can make room for another.
    bool has_room_for_file() const noexcept;

    static constexpr const char* spare_name = "spare.log";
    static constexpr const char* draft_name = "spare.new";

private:
    struct Spare {
        std::unique_ptr<File> file;
        std::uint64_t size = 0;     // what it will have
        std::uint64_t written = 0;  // a draft while it is less than that
        bool named = false;         // spare.log, no longer spare.new
    };
    FileResult<void> write_piece();
    FileResult<void> finish_spare();
    void discard_spare() noexcept;
    std::unique_ptr<model::Schema> own_schema() const;
    std::uint64_t next_size() const noexcept;
    FileResult<SegmentHead> prepare_head(std::uint64_t first, std::uint64_t former_end);

    const Options& options_;
    const model::Schema& schema_;
    const std::string schema_text_;
    FileSystem& files_;
    Quarantine& quarantine_;
    const std::uint64_t head_bytes_;
    std::optional<Spare> spare_;
    std::uint64_t bytes_ = 0;
    std::uint64_t recycled_ = 0;
};

}  // namespace ingest::spool
