#include "spool/recovery.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/log.h"
#include "spool/record.h"
#include "spool/segment_head.h"
#include "spool/tail_scan.h"

namespace ingest::spool {
namespace {

class Recovery {
public:
    Recovery(const Options& options, const model::Schema& schema, FileSystem& files,
             SegmentStore& store, Quarantine& quarantine)
        : options_(options),
          schema_text_(model::to_text(schema)),
          files_(files),
          store_(store),
          quarantine_(quarantine) {}

    Result<Recovered> run();

private:
    FileResult<void> take_inventory();
    FileResult<void> load_spare();
    FileResult<void> load_cursor(const std::string& name);
    Result<void> load_segment(const std::string& name, std::uint64_t first);
    FileResult<void> give_up_segment(const std::string& name, std::uint64_t first, File& file);
    void end_older_segments();
    FileResult<void> end_last_segment();
    void end_before_lost_readings(Recovered::Part& last);
    FileResult<void> restart_damaged_cursors();
    void count_gaps();

    const Options& options_;
    const std::string schema_text_;
    FileSystem& files_;
    SegmentStore& store_;
    Quarantine& quarantine_;
    Recovered found_;
    std::map<std::uint64_t, std::string> segment_names_;
    std::vector<std::string> damaged_cursors_;
    // First readings of segments in quarantine/, now or since an earlier recovery.
    std::set<std::uint64_t> given_up_;
    std::uint64_t known_end_ = 0;          // some reading below this was there once
};

FileResult<void> Recovery::take_inventory() {
    const auto names = files_.list(options_.dir);
    if (!names) return names.error();
    bool has_spare = false;
    for (const std::string& name : *names) {
        if (name.ends_with(".new")) {
            if (auto removed = files_.unlink(options_.dir / name); !removed) return removed;
        } else if (const auto first = first_of_segment_name(name)) {
            segment_names_.emplace(*first, name);
        } else if (name.starts_with("cursor-")) {
            if (auto loaded = load_cursor(name); !loaded) return loaded;
        } else if (name == SegmentStore::spare_name) {
            has_spare = true;
        }
    }
    if (has_spare) {
        if (auto loaded = load_spare(); !loaded) return loaded;
    }
    const auto kept = files_.list(quarantine_.dir());
    if (!kept) return kept.error();
    for (const std::string& name : *kept) {
        if (const auto first = first_of_segment_name(name)) given_up_.insert(*first);
    }
    // The process before may have died between a rename and its sync.
    return store_.sync_directory();
}

FileResult<void> Recovery::load_spare() {
    const auto path = options_.dir / SegmentStore::spare_name;
    auto file = files_.open(path);
    if (!file) return file.error();
    const auto size = (*file)->size();
    if (!size) return size.error();
    if (*size != options_.segment_bytes) return files_.unlink(path);
    store_.adopt_spare(std::move(*file), *size);
    return {};
}

FileResult<void> Recovery::load_cursor(const std::string& name) {
    const auto sink = Cursor::sink_of_file_name(name);
    if (!sink) {
        log::warn("spool", "A file is named like a cursor and is none", {{"file", name}});
        return {};
    }
    auto loaded = Cursor::load(files_, options_.dir, name);
    if (!loaded) return loaded.error();
    if (!*loaded) {
        damaged_cursors_.push_back(*sink);
        return quarantine_.keep_whole(options_.dir / name, 0);
    }
    known_end_ = std::max(known_end_, (*loaded)->position());
    found_.cursors.push_back(std::move(*loaded));
    return {};
}

Result<void> Recovery::load_segment(const std::string& name, std::uint64_t first) {
    auto file = files_.open(options_.dir / name);
    if (!file) return file.error().error();
    auto head = read_head(**file);
    if (!head) return head.error().error();
    if (*head && (*head)->version != segment_version) {
        return Error{(options_.dir / name).string() + " has format version " +
                     std::to_string((*head)->version) + ", this program knows version " +
                     std::to_string(segment_version) + "; use the program that wrote it"};
    }
    Result<std::unique_ptr<model::Schema>> schema = Error{"no head"};
    if (*head) schema = model::schema_from_text((*head)->schema);
    if (!schema || (*head)->first != first) {
        if (const auto gone = give_up_segment(name, first, **file); !gone) {
            return gone.error().error();
        }
        return {};
    }
    const auto size = (*file)->size();
    if (!size) return size.error().error();
    found_.parts.push_back({std::make_shared<Segment>(options_.dir / name, std::move(**head),
                                                      std::move(*schema), std::move(*file), *size),
                            Extent{.end = first, .limit = *size}});
    store_.count_segment(*size);
    return {};
}

// Without its head nothing says what its records are made of. Their numbers are not given away
// a second time.
FileResult<void> Recovery::give_up_segment(const std::string& name, std::uint64_t first,
                                           File& file) {
    const auto size = file.size();
    if (!size) return size.error();
    RecordScanner scanner(file, std::nullopt, 0, *size);
    std::uint64_t end = first;
    for (;;) {
        const auto next = scanner.next();
        if (!next) return next.error();
        if (!*next) break;
        end = std::max(end, (*next)->header.end());
    }
    log::error("spool", "A segment's head is damaged", {{"segment", name}});
    if (auto kept = quarantine_.keep_whole(options_.dir / name, *size); !kept) return kept;
    given_up_.insert(first);
    known_end_ = std::max(known_end_, end);
    return {};
}

void Recovery::end_older_segments() {
    for (std::size_t i = 0; i + 1 < found_.parts.size(); ++i) {
        const SegmentHead& next = found_.parts[i + 1].segment->head();
        Recovered::Part& part = found_.parts[i];
        part.extent.end = std::max(part.segment->head().first, next.former_end);
        part.clean = next.former_end == next.first;
        end_before_lost_readings(part);
    }
}

// A segment that was given up begins where the one before it ended, or a little behind.
void Recovery::end_before_lost_readings(Recovered::Part& part) {
    const auto lost = given_up_.upper_bound(part.segment->head().first);
    if (lost != given_up_.end()) part.extent.end = std::min(part.extent.end, *lost);
}

FileResult<void> Recovery::end_last_segment() {
    if (found_.parts.empty()) {
        found_.end = found_.former_end = known_end_;
        return {};
    }
    Recovered::Part& last = found_.parts.back();
    const Segment& segment = *last.segment;
    const auto scanned = scan_tail(segment);
    if (!scanned) return scanned.error();
    const Tail& tail = *scanned;
    if (!tail.readable) {
        auto kept = quarantine_.keep({segment.name(), tail.offset, segment.bytes(),
                                      {tail.end, tail.end}, true, "unreadable"},
                                     segment.file());
        if (!kept) return kept;
    }
    if (known_end_ > tail.end) {  // acknowledged readings are missing: read() will say so
        last.extent.end = known_end_;
        end_before_lost_readings(last);
        found_.end = found_.former_end = known_end_;
        return {};
    }
    last.extent = {.end = tail.end, .limit = tail.offset};
    found_.end = found_.former_end = tail.end;
    found_.torn_tail_bytes = tail.traces_end - tail.offset;
    if (found_.torn_tail_bytes > 0) {
        log::warn("spool", "Cut a write that was torn and never acknowledged",
                  {{"segment", segment.name()},
                   {"offset", tail.offset},
                   {"bytes", found_.torn_tail_bytes}});
    }
    const auto repaired = repair_tail(segment, tail);
    if (!repaired) {
        log::error("spool", repaired.error().error().message, {{"segment", segment.name()}});
        last.clean = false;
    }
    found_.resumes = repaired && tail.readable && segment.head().schema == schema_text_;
    found_.resume_offset = tail.offset;
    if (!found_.resumes && tail.end == segment.head().first) {  // a new one takes its place
        found_.former_end = segment.head().former_end;
        store_.forget_segment(segment.bytes());
        found_.parts.pop_back();
    }
    return {};
}

FileResult<void> Recovery::restart_damaged_cursors() {
    const std::uint64_t position =
        found_.parts.empty() ? found_.end : found_.parts.front().segment->head().first;
    for (const std::string& sink : damaged_cursors_) {
        log::error("spool", "A cursor is damaged: its sink gets again all that is kept",
                   {{"sink", sink}, {"position", position}});
        auto cursor = Cursor::create(files_, options_.dir, sink, position);
        if (!cursor) return cursor.error();
        found_.cursors.push_back(std::move(*cursor));
    }
    return {};
}

// Readings between two segments that were acknowledged and are in neither.
void Recovery::count_gaps() {
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < found_.parts.size(); ++i) {
        const std::uint64_t next = i + 1 < found_.parts.size()
                                       ? found_.parts[i + 1].segment->head().former_end
                                       : found_.former_end;
        const std::uint64_t end = found_.parts[i].extent.end;
        lost += next > end ? next - end : 0;
    }
    quarantine_.count_lost(lost);
}

Result<Recovered> Recovery::run() {
    if (const auto listed = take_inventory(); !listed) return listed.error().error();
    for (const auto& [first, name] : segment_names_) {
        if (const auto loaded = load_segment(name, first); !loaded) return loaded.error();
    }
    end_older_segments();
    if (const auto ended = end_last_segment(); !ended) return ended.error().error();
    if (const auto made = restart_damaged_cursors(); !made) return made.error().error();
    count_gaps();
    return std::move(found_);
}

}  // namespace

Result<Recovered> recover(const Options& options, const model::Schema& schema, FileSystem& files,
                          SegmentStore& store, Quarantine& quarantine) {
    return Recovery(options, schema, files, store, quarantine).run();
}

}  // namespace ingest::spool
