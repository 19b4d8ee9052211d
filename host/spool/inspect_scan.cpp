#include "spool/inspect_scan.h"

#include <algorithm>
#include <map>

#include "model/batch_codec.h"

namespace ingest::spool {
namespace {

class Scan {
public:
    Scan(File& file, const StoredSegment& stored, const model::Schema* schema)
        : file_(file), stored_(stored) {
        if (schema != nullptr) batch_.emplace(*schema);
    }

    FileResult<SegmentScan> run();

private:
    FileResult<void> records(std::uint64_t begin, std::uint64_t end, bool again);
    void keep_one_id();

    File& file_;
    const StoredSegment& stored_;
    std::optional<model::Batch> batch_;
    std::optional<std::uint64_t> id_;
    SegmentScan scan_;
};

// Bytes that are no record are looked at a second time when a record follows: it was only begun
// when they were whole, so they are whole now if a host was writing them the first time.
FileResult<void> Scan::records(std::uint64_t begin, std::uint64_t end, bool again) {
    RecordScanner scanner(file_, id_, begin, end);
    std::uint64_t offset = begin;
    for (;;) {
        const auto next = scanner.next();
        if (!next) return next.error();
        if (!*next) break;
        const FoundRecord& found = **next;
        if (again && found.offset > offset) {
            if (auto second = records(offset, found.offset, false); !second) return second;
        }
        offset = found.end_offset();
        const bool fits = !batch_ || is_batch(found, *batch_);
        scan_.places.push_back({{found.header.first, found.header.end()},
                                found.offset,
                                offset,
                                found.header.group,
                                found.header.segment,
                                fits});
    }
    if (!again) return {};
    scan_.unreadable = scanner.unreadable();
    if (scanner.traces_end() <= offset) return {};
    // A damaged length may have pointed far beyond the records that follow.
    RecordScanner behind(file_, id_, offset, end);
    if (const auto none = behind.next(); !none) return none.error();
    scan_.traces_end = behind.traces_end();
    return {};
}

// A recycled file's old readings have lower numbers than its new ones.
void Scan::keep_one_id() {
    std::map<std::uint64_t, std::uint64_t> readings;
    for (const RecordPlace& place : scan_.places) {
        if (place.readings.first < stored_.named_first) continue;
        readings[place.segment] += place.readings.end - place.readings.first;
    }
    const auto most = std::ranges::max_element(readings, {}, [](const auto& one) {
        return one.second;
    });
    if (most != readings.end()) id_ = most->first;
    std::erase_if(scan_.places, [&](const RecordPlace& place) { return place.segment != id_; });
    if (!scan_.places.empty()) scan_.begin = scan_.places.front().offset;
}

FileResult<SegmentScan> Scan::run() {
    scan_.first = stored_.first();
    if (stored_.head && !stored_.readable()) return std::move(scan_);
    if (stored_.head) {
        id_ = stored_.head->segment;
        scan_.begin = stored_.head->size;
    }
    const auto bytes = file_.size();
    if (!bytes) return bytes.error();
    if (auto read = records(scan_.begin, *bytes, stored_.head.has_value()); !read) {
        return read.error();
    }
    if (!stored_.head) keep_one_id();
    scan_.segment = id_;
    return std::move(scan_);
}

}  // namespace

bool is_batch(const FoundRecord& found, model::Batch& batch) {
    const auto decoded = model::BatchCodec::decode(found.payload, batch);
    if (!decoded) return false;
    return batch.rows() == found.header.rows;
}

std::uint64_t SegmentScan::end() const noexcept {
    std::uint64_t last = first;
    for (const RecordPlace& place : places) last = std::max(last, place.readings.end);
    return last;
}

std::uint64_t SegmentScan::end_offset() const noexcept {
    return places.empty() ? begin : places.back().end_offset;
}

std::uint64_t SegmentScan::readings() const noexcept {
    std::uint64_t sum = 0;
    for (const RecordPlace& place : places) sum += place.readings.end - place.readings.first;
    return sum;
}

std::vector<Hole> SegmentScan::holes() const {
    std::vector<Hole> holes;
    std::uint64_t offset = begin;
    std::uint64_t expected = first;
    for (const RecordPlace& place : places) {
        if (place.offset != offset) {
            const std::uint64_t end = std::max(place.readings.first, expected);
            holes.push_back({offset, place.offset, {expected, end}, false});
        }
        offset = place.end_offset;
        expected = std::max(expected, place.readings.end);
    }
    std::uint64_t last_group = 0;
    for (const RecordPlace& place : places) last_group = std::max(last_group, place.group);
    for (Hole& hole : holes) hole.proven = last_group > hole.offset;
    return holes;
}

FileResult<SegmentScan> scan_segment(FileSystem& files, const std::filesystem::path& dir,
                                     const StoredSegment& stored, const model::Schema* schema) {
    const auto file = open_if_there(files, dir / stored.name);
    if (!file) return file.error();
    if (!*file) return SegmentScan{};
    return Scan(**file, stored, schema).run();
}

}  // namespace ingest::spool
