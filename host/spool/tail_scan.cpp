#include "spool/tail_scan.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/crash_point.h"
#include "spool/record.h"

namespace ingest::spool {
namespace {

constexpr std::uint64_t piece_bytes = 64U << 10;

}  // namespace

FileResult<Tail> scan_tail(const Segment& segment) {
    const SegmentHead& head = segment.head();
    RecordScanner scanner(segment.file(), head.segment, head.size, segment.bytes());
    Tail here{.end = head.first, .offset = head.size, .group_offset = head.size};
    std::optional<Tail> cut;  // where the log ends if nothing proves the contrary
    for (;;) {
        const auto next = scanner.next();
        if (!next) return next.error();
        const auto& found = *next;
        if (!found) break;
        if (cut && found->header.group > cut->offset) cut.reset();
        if (!cut && found->offset != here.offset && found->header.group <= here.offset) cut = here;
        here.end = std::max(here.end, found->header.end());
        here.offset = found->end_offset();
        here.group_offset = found->header.group;
    }
    Tail tail = cut.value_or(here);
    tail.traces_end = std::max(scanner.traces_end(), tail.offset);
    tail.readable = scanner.unreadable() == 0;
    return tail;
}

FileResult<void> repair_tail(const Segment& segment, const Tail& tail) {
    File& file = segment.file();
    std::vector<std::byte> piece(piece_bytes);
    for (std::uint64_t at = tail.group_offset; at < tail.offset;) {
        const auto bytes = std::span(piece).first(std::min(piece_bytes, tail.offset - at));
        const auto got = file.read(at, bytes);
        if (!got) return got.error();
        if (auto written = file.write(at, bytes.first(*got)); !written) return written;
        at += bytes.size();
    }
    crash_point("recovery.mid_repair");
    piece.assign(piece_bytes, std::byte{0});
    for (std::uint64_t at = tail.offset; at < tail.traces_end;) {
        const auto zeros = std::span(piece).first(std::min(piece_bytes, tail.traces_end - at));
        if (auto written = file.write(at, zeros); !written) return written;
        at += zeros.size();
    }
    return file.sync();
}

}  // namespace ingest::spool
