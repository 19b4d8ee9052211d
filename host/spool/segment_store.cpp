#include "spool/segment_store.h"

#include <algorithm>
#include <cerrno>
#include <random>
#include <vector>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/time_text.h"

namespace ingest::spool {
namespace {

// Short enough that a group which comes meanwhile does not wait long for the sync.
constexpr std::uint64_t piece_bytes = 4ULL << 20;

// The very first segment is small, so that a new host answers at once instead of writing zeros; it
// is never recycled, and the next one is prepared while it fills.
constexpr std::uint64_t first_segment_bytes = piece_bytes;

std::uint64_t random_id() {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace

SegmentStore::SegmentStore(const Options& options, const model::Schema& schema, FileSystem& files,
                           Quarantine& quarantine)
    : options_(options),
      schema_(schema),
      schema_text_(model::to_text(schema)),
      files_(files),
      quarantine_(quarantine),
      head_bytes_(encode_head({.schema = schema_text_}).size()) {}

void SegmentStore::adopt_spare(std::unique_ptr<File> file, std::uint64_t bytes) {
    spare_ = Spare{std::move(file), bytes, bytes, true};
    bytes_ += bytes;
}

std::uint64_t SegmentStore::room() const noexcept {
    const std::uint64_t left = options_.size_max > bytes_ ? options_.size_max - bytes_ : 0;
    const std::uint64_t files = left / options_.segment_bytes + (spare_ ? 1 : 0);
    return files * capacity();
}

std::uint64_t SegmentStore::next_size() const noexcept {
    return bytes_ == 0 ? std::min(first_segment_bytes, options_.segment_bytes)
                       : options_.segment_bytes;
}

bool SegmentStore::has_room_for_file() const noexcept {
    return bytes_ + options_.segment_bytes <= options_.size_max;
}

FileResult<SharedSegment> SegmentStore::begin(std::uint64_t first, std::uint64_t former_end) {
    FileResult<SegmentHead> head = prepare_head(first, former_end);
    if (!head && !lacks_space(head)) {
        log::error("spool", head.error().error().message);
        head = prepare_head(first, former_end);
    }
    if (!head) return head.error();
    const std::filesystem::path path = options_.dir / segment_name(first);
    if (const auto renamed = files_.rename(options_.dir / spare_name, path); !renamed) {
        return renamed.error();
    }
    crash_point("rotate.after_rename");
    const std::uint64_t bytes = spare_->written;
    // Shared with readers, which may be inside it while the log lets it go.
    auto segment = std::make_shared<Segment>(path, std::move(*head), own_schema(),
                                             std::move(spare_->file), bytes);
    spare_.reset();
    if (const auto synced = sync_directory(); !synced) return synced.error();
    crash_point("rotate.after_directory");
    return segment;
}

// What schema_from_text(schema_text_) would give.
std::unique_ptr<model::Schema> SegmentStore::own_schema() const {
    const auto& columns = schema_.columns();
    return std::make_unique<model::Schema>(
        std::vector(columns.begin() + model::column_first_field, columns.end()));
}

// Takes the spare, or makes one first, and gives it a head. What failed is thrown away.
FileResult<SegmentHead> SegmentStore::prepare_head(std::uint64_t first, std::uint64_t former_end) {
    for (bool more = true; more;) {
        const auto prepared = prepare_spare();
        if (!prepared) return prepared.error();
        more = *prepared;
    }
    if (!spare_) return FileError{"the spool has reached its size_max", EDQUOT};
    SegmentHead head{.first = first,
                     .former_end = former_end,
                     .segment = random_id(),
                     .created_us = now_us(),
                     .schema = schema_text_,
                     .size = head_bytes_};
    const std::string bytes = encode_head(head);
    crash_point("rotate.before_head");
    auto durable = spare_->file->write(0, std::as_bytes(std::span(bytes)));
    if (durable) durable = spare_->file->sync();
    crash_point("rotate.after_head");
    if (durable) return head;
    discard_spare();
    return durable.error();
}

FileResult<bool> SegmentStore::prepare_spare() {
    if (spare_ && spare_->named) return false;
    if (!spare_ && !has_room_for_file()) return false;
    const auto written = write_piece();
    if (!written) {
        discard_spare();
        return written.error();
    }
    if (spare_->written < spare_->size) return true;
    if (const auto finished = finish_spare(); !finished) {
        discard_spare();
        return finished.error();
    }
    return false;
}

FileResult<void> SegmentStore::write_piece() {
    if (!spare_) {
        const auto free = files_.free_bytes(options_.dir);
        if (!free) return free.error();
        if (*free < options_.segment_bytes) {
            return FileError{"no room for another segment in " + options_.dir.string(), ENOSPC};
        }
        auto file = files_.create(options_.dir / draft_name);
        if (!file) return file.error();
        spare_ = Spare{std::move(*file), next_size()};
        bytes_ += spare_->size;
    }
    const std::vector<std::byte> zeros(std::min(piece_bytes, spare_->size - spare_->written));
    if (auto written = spare_->file->write(spare_->written, zeros); !written) return written;
    crash_point("spare.mid_draft");
    if (auto synced = spare_->file->sync(); !synced) return synced;
    spare_->written += zeros.size();
    return {};
}

FileResult<void> SegmentStore::finish_spare() {
    auto renamed = files_.rename(options_.dir / draft_name, options_.dir / spare_name);
    if (renamed) spare_->named = true;
    crash_point("spare.after_rename");
    return renamed;
}

void SegmentStore::discard_spare() noexcept {
    if (!spare_) return;
    bytes_ -= spare_->size;
    // What cannot be removed now is removed by the next recovery.
    (void)files_.unlink(options_.dir / (spare_->named ? spare_name : draft_name));
    spare_.reset();
}

FileResult<void> SegmentStore::remove(SharedSegment segment, bool clean) {
    const std::uint64_t bytes = segment->bytes();
    FileResult<void> gone;
    if (quarantine_.wants_whole(segment->name())) {
        gone = quarantine_.keep_whole(segment->path(), bytes, segment->name());
    } else if (clean && !spare_ && segment.use_count() == 1 && bytes == options_.segment_bytes) {
        gone = files_.rename(segment->path(), options_.dir / spare_name);
        if (gone) {
            spare_ = Spare{segment->take_file(), bytes, bytes, true};
            ++recycled_;
            return {};
        }
    } else {
        gone = files_.unlink(segment->path());
    }
    if (gone) bytes_ -= bytes;
    return gone;
}

}  // namespace ingest::spool
