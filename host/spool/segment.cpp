#include "spool/segment.h"

#include <algorithm>
#include <string>

#include "base/log.h"
#include "model/batch_codec.h"
#include "spool/record.h"

namespace ingest::spool {
namespace {

// One point per so many bytes is enough to be near any reading.
constexpr std::uint64_t index_gap_bytes = 64U << 10;

std::uint64_t size_beyond(std::uint64_t from, const Range& range) noexcept {
    const std::uint64_t first = std::max(from, range.first);
    return range.end > first ? range.end - first : 0;
}

}  // namespace

Segment::Segment(std::filesystem::path path, SegmentHead head,
                 std::unique_ptr<model::Schema> schema, std::unique_ptr<File> file,
                 std::uint64_t bytes)
    : path_(std::move(path)),
      head_(std::move(head)),
      schema_(std::move(schema)),
      file_(std::move(file)),
      bytes_(bytes) {}

Result<Run> Segment::read(const Extent& extent, std::uint64_t from, std::int64_t rows_max,
                          std::uint64_t bytes_max, const model::Schema& schema,
                          Quarantine& quarantine) {
    Run run;
    std::int64_t rows = 0;
    std::uint64_t bytes = 0;
    const Point start = start_for(from);
    std::uint64_t expected = start.first;
    std::uint64_t offset = start.second;
    RecordScanner scanner(*file_, head_.segment, offset, extent.limit);
    const auto damaged = [&](const Range& readings, std::uint64_t end, const char* cause) {
        run.lost += size_beyond(from, readings);
        return quarantine.keep({name(), offset, end, readings, scanner.unreadable() > 0, cause},
                               *file_);
    };
    while (expected < extent.end) {
        const auto next = scanner.next();
        if (!next) return next.error().error();
        const auto& found = *next;
        // Behind the end a failed write may have left a record that was never acknowledged.
        if (!found || found->header.end() > extent.end) {
            const auto kept = damaged({expected, extent.end},
                                      found ? found->offset : extent.limit, "missing records");
            if (!kept) return kept.error().error();
            expected = extent.end;
            break;
        }
        const RecordHeader& header = found->header;
        if (header.first < expected) {  // a copy of what was read already
            offset = found->end_offset();
            continue;
        }
        if (found->offset != offset || header.first != expected) {
            const auto kept =
                damaged({expected, header.first}, found->offset, "checksum or sequence");
            if (!kept) return kept.error().error();
            expected = header.first;
            offset = found->offset;
        }
        remember(header.first, found->offset);
        if (header.end() > from) {
            const bool fits = rows + header.rows <= rows_max && bytes + header.length <= bytes_max;
            if (!run.records.empty() && !fits) break;
            if (auto batch = decode(header, found->payload, schema)) {
                run.records.push_back({header.first, std::move(batch)});
                rows += header.rows;
                bytes += header.length;
            } else if (const auto kept = damaged({header.first, header.end()},
                                                 found->end_offset(), "not a batch");
                       !kept) {
                return kept.error().error();
            }
        }
        expected = header.end();
        offset = found->end_offset();
        if (rows >= std::max<std::int64_t>(rows_max, 1) || bytes >= bytes_max) break;
    }
    run.end = std::max(expected, from);
    return run;
}

SharedBatch Segment::decode(const RecordHeader& header,
                                                    std::span<const std::byte> payload,
                                                    const model::Schema& schema) {
    // Each reading has at least its id: what is forged must not say how much memory is taken.
    if (header.rows > payload.size() / sizeof(Uuid)) return nullptr;
    const bool same = schema_->same_layout(schema);
    // Shared because the batch goes to the lane that reads it and to whoever it hands it to.
    auto batch = std::make_shared<model::Batch>(same ? schema : *schema_, header.rows);
    const auto decoded = model::BatchCodec::decode(payload, *batch);
    if (!decoded || batch->rows() != header.rows) return nullptr;
    if (same) return batch;
    warn_of_left_out_fields(schema);
    auto adapted = std::make_shared<model::Batch>(schema);
    adapted->append_adapted(*batch);
    return adapted;
}

void Segment::warn_of_left_out_fields(const model::Schema& schema) {
    const MutexLock lock(mutex_);
    if (warned_) return;
    warned_ = true;
    std::string names;
    for (const model::Field& field : schema_->columns()) {
        const auto now = schema.find(field.name);
        if (now && schema[*now].type == field.type) continue;
        names += (names.empty() ? "" : ", ") + field.name;
    }
    if (names.empty()) return;
    log::warn("spool", "Readings were stored with fields that the configuration no longer has",
              {{"segment", name()}, {"left_out", names}});
}

void Segment::remember(std::uint64_t first, std::uint64_t offset) {
    const MutexLock lock(mutex_);
    auto after = std::ranges::upper_bound(index_, Point{first, offset});
    const std::uint64_t before = after == index_.begin() ? head_.size : std::prev(after)->second;
    if (offset - before < index_gap_bytes) return;
    if (after != index_.end() && after->second - offset < index_gap_bytes) return;
    index_.insert(after, {first, offset});
}

Segment::Point Segment::start_for(std::uint64_t from) const {
    const MutexLock lock(mutex_);
    const auto after = std::ranges::upper_bound(index_, Point{from, UINT64_MAX});
    return after == index_.begin() ? Point{head_.first, head_.size} : *std::prev(after);
}

}  // namespace ingest::spool
