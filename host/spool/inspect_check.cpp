#include "spool/inspect_check.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "spool/inspect_scan.h"

namespace ingest::spool {
namespace {

constexpr const char* export_it =
    "take what is intact with 'spool export', what is missing from its senders";
constexpr const char* export_quarantine =
    "take it with 'spool export --quarantine', then remove the file";
constexpr const char* recovers_alone = "nothing to do: the next start cuts it";

class Check {
public:
    Check(FileSystem& files, const Inventory& inventory)
        : files_(files), inventory_(inventory) {}

    FileResult<CheckReport> run();

private:
    FileResult<void> check_segment(const StoredSegment& stored, const StoredSegment* next);
    void check_head(const StoredSegment& stored, const SegmentScan& scan);
    void check_records(const StoredSegment& stored, const SegmentScan& scan);
    void check_sequence(const StoredSegment& stored, const SegmentScan& scan);
    void check_holes(const StoredSegment& stored, const SegmentScan& scan, bool last);
    void check_end(const StoredSegment& stored, const SegmentScan& scan,
                   const StoredSegment* next);
    void check_cursor(const StoredCursor& cursor);
    FileResult<void> check_put_aside(const StoredSegment& stored);
    FileResult<void> check_letters(const StoredSegment& stored);
    bool still_there(const StoredSegment& stored);
    void count(std::uint64_t bytes) {
        report_.files += 1;
        report_.bytes += bytes;
    }
    void damage(const std::string& file, std::uint64_t offset, std::uint64_t bytes,
                const Range& readings, std::string what, std::string advice) {
        report_.remarks.push_back(
            {file, offset, bytes, readings, true, std::move(what), std::move(advice)});
    }

    FileSystem& files_;
    const Inventory& inventory_;
    CheckReport report_;
};

// A host may have consumed the file and used it again while it was read.
bool Check::still_there(const StoredSegment& stored) {
    const auto file = open_if_there(files_, inventory_.dir / stored.name);
    if (!file) return true;
    if (!*file) return false;
    const auto head = read_head(**file);
    if (!head) return true;
    if (head->has_value() != stored.head.has_value()) return false;
    return !stored.head || (*head)->segment == stored.head->segment;
}

void Check::check_head(const StoredSegment& stored, const SegmentScan& scan) {
    if (stored.head && !stored.readable()) {
        damage(stored.name, 0, stored.bytes, {},
               "the segment has format version " + std::to_string(stored.head->version),
               "use the program that wrote it; this one cannot start here");
    } else if (!stored.head) {
        damage(stored.name, 0, scan.places.empty() ? stored.bytes : scan.places.front().offset,
               {stored.named_first, std::max(scan.end(), stored.named_first)},
               "the segment's head is damaged; " + std::to_string(scan.readings()) +
                   " readings behind it are intact",
               "take them with 'spool export' (with --config FILE if no other segment has the same "
               "fields); the next start moves the file to quarantine/");
    } else if (stored.head->first != stored.named_first) {
        damage(stored.name, 0, stored.head->size, {},
               "the file's name does not fit its head, which begins at reading " +
                   std::to_string(stored.head->first) + ": a copy, or renamed",
               "give it back its name, or take it away; the next start moves it to quarantine/");
    }
}

void Check::check_records(const StoredSegment& stored, const SegmentScan& scan) {
    std::uint64_t expected = scan.first;
    for (const RecordPlace& place : scan.places) {
        const std::uint64_t bytes = place.end_offset - place.offset;
        if (!place.fits) {
            damage(stored.name, place.offset, bytes, place.readings,
                   "a record is intact, but no batch of the segment's fields",
                   "keep the file and report it; the host skips the record");
        }
        if (place.readings.first < expected) {
            damage(stored.name, place.offset, bytes, place.readings,
                   "a record stands out of order, or twice",
                   "take it with 'spool export', which sorts; the host skips it");
        }
        expected = std::max(expected, place.readings.end);
    }
    if (scan.unreadable > 0) {
        damage(stored.name, scan.begin, scan.unreadable, {},
               "the device cannot read this many bytes of the file",
               std::string("replace the device; ") + export_it);
    }
}

// Readings that are nowhere in the file although no bytes are damaged where they should stand.
void Check::check_sequence(const StoredSegment& stored, const SegmentScan& scan) {
    const std::vector<Hole> holes = scan.holes();
    std::vector<RecordPlace> sorted = scan.places;
    std::ranges::sort(sorted, {}, [](const RecordPlace& place) { return place.readings.first; });
    std::uint64_t expected = scan.first;
    for (const RecordPlace& place : sorted) {
        const Range gap{expected, place.readings.first};
        const bool told = std::ranges::any_of(holes, [&](const Hole& hole) {
            return hole.readings.first <= gap.first && hole.readings.end >= gap.end;
        });
        if (gap.first < gap.end && !told) {
            damage(stored.name, place.offset, 0, gap, "missing: not in the file", export_it);
        }
        expected = std::max(expected, place.readings.end);
    }
}

void Check::check_holes(const StoredSegment& stored, const SegmentScan& scan, bool last) {
    for (const Hole& hole : scan.holes()) {
        const std::uint64_t bytes = hole.end - hole.offset;
        const bool acknowledged =
            hole.proven || !last || inventory_.known_end() > hole.readings.first;
        if (acknowledged) {
            damage(stored.name, hole.offset, bytes, hole.readings,
                   "damaged: acknowledged readings stood here", export_it);
            continue;
        }
        report_.remarks.push_back({stored.name, hole.offset, bytes, hole.readings, false,
                                   "torn, or just being written: never acknowledged, nor what "
                                   "follows of the same write",
                                   recovers_alone});
    }
}

// Where the readings end that the segment has, and where those that it should have.
void Check::check_end(const StoredSegment& stored, const SegmentScan& scan,
                      const StoredSegment* next) {
    const std::uint64_t end = scan.end();
    const std::uint64_t bytes =
        scan.traces_end > scan.end_offset() ? scan.traces_end - scan.end_offset() : 0;
    std::uint64_t should = inventory_.known_end();
    if (next != nullptr) should = next->readable() ? next->head->former_end : next->first();
    if (should > end) {
        damage(stored.name, scan.end_offset(), bytes, {end, should},
               next != nullptr ? "missing: the next segment begins behind them"
                               : "missing: a cursor was beyond them",
               export_it);
    } else if (next == nullptr && bytes > 0) {
        report_.remarks.push_back({stored.name, scan.end_offset(), bytes, {}, false,
                                   "torn, or just being written: never acknowledged",
                                   recovers_alone});
    }
}

FileResult<void> Check::check_segment(const StoredSegment& stored, const StoredSegment* next) {
    std::unique_ptr<model::Schema> schema;
    if (stored.readable()) {
        if (auto read = model::schema_from_text(stored.head->schema)) schema = std::move(*read);
    }
    auto scan = scan_segment(files_, inventory_.dir, stored, schema.get());
    if (!scan) return scan.error();
    const Range nobody = next != nullptr ? next->nobody() : Range{};
    std::erase_if(scan->places, [&](const RecordPlace& place) {
        return place.readings.first >= nobody.first && place.readings.first < nobody.end;
    });
    const std::size_t before = report_.remarks.size();
    check_head(stored, *scan);
    if (stored.readable() || !stored.head) {
        check_records(stored, *scan);
        check_sequence(stored, *scan);
        check_holes(stored, *scan, next == nullptr);
        check_end(stored, *scan, next);
    }
    if (report_.remarks.size() > before && !still_there(stored)) {
        report_.remarks.resize(before);
        return {};
    }
    count(stored.bytes);
    report_.records += scan->places.size();
    report_.readings += scan->readings();
    return {};
}

void Check::check_cursor(const StoredCursor& cursor) {
    constexpr std::uint64_t slot_bytes = 4096;
    count(2 * slot_bytes);
    if (!cursor.content) {
        damage(cursor.name, 0, 2 * slot_bytes, {}, "both slots of the cursor are damaged",
               "nothing to do: the sink '" + cursor.sink + "' gets again all that is kept");
    } else if (!cursor.content->both_valid) {
        damage(cursor.name, (1 - cursor.content->slot) * slot_bytes, slot_bytes, {},
               "one slot of the cursor is damaged, or its write was cut short; the other counts",
               "nothing to do: the sink '" + cursor.sink +
                   "' may get again what it got in the last second");
    }
}

FileResult<void> Check::check_put_aside(const StoredSegment& stored) {
    const auto scan = scan_segment(files_, inventory_.dir, stored);
    if (!scan) return scan.error();
    count(stored.bytes);
    damage(stored.name, 0, stored.bytes, {},
           "put aside as damaged; " + std::to_string(scan->readings()) +
               " readings in it are intact",
           export_quarantine);
    return {};
}

FileResult<void> Check::check_letters(const StoredSegment& stored) {
    const auto scan = scan_segment(files_, inventory_.dir, stored);
    if (!scan) return scan.error();
    count(stored.bytes);
    if (!stored.readable()) {
        damage(stored.name, 0, stored.bytes, {}, "the file of dead letters has no valid head",
               "keep it: " + std::to_string(scan->readings()) + " letters in it are intact");
        return {};
    }
    for (const Hole& hole : scan->holes()) {
        damage(stored.name, hole.offset, hole.end - hole.offset, {},
               "a dead letter is damaged, or its write was cut short and came again behind it",
               "look for the reading in the sink's own messages and in the host's log");
    }
    if (scan->traces_end > scan->end_offset()) {
        report_.remarks.push_back({stored.name, scan->end_offset(),
                                   scan->traces_end - scan->end_offset(), {}, false,
                                   "torn: a dead letter whose write was cut short",
                                   "nothing to do: its reading was not settled and comes again"});
    }
    return {};
}

FileResult<CheckReport> Check::run() {
    const auto& segments = inventory_.segments;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const StoredSegment* next = i + 1 < segments.size() ? &segments[i + 1] : nullptr;
        if (auto checked = check_segment(segments[i], next); !checked) return checked.error();
    }
    for (const StoredCursor& cursor : inventory_.cursors) check_cursor(cursor);
    for (const StoredSegment& stored : inventory_.put_aside) {
        if (auto checked = check_put_aside(stored); !checked) return checked.error();
    }
    for (const StoredFile& stored : inventory_.other_damage) {
        count(stored.bytes);
        damage(stored.name, 0, stored.bytes, {}, "put aside as damaged", "remove the file");
    }
    for (const StoredSegment& stored : inventory_.letters) {
        if (auto checked = check_letters(stored); !checked) return checked.error();
    }
    for (const std::string& name : inventory_.foreign) {
        report_.remarks.push_back(
            {name, 0, 0, {}, false, "no file of a spool; left as it is", "nothing to do"});
    }
    return std::move(report_);
}

}  // namespace

bool CheckReport::damaged() const noexcept {
    return std::ranges::any_of(remarks, &Remark::damage);
}

FileResult<CheckReport> check_spool(FileSystem& files, const Inventory& inventory) {
    return Check(files, inventory).run();
}

}  // namespace ingest::spool
