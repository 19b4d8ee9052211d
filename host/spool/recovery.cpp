#include "spool/recovery.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/crash_point.h"
#include "base/log.h"
#include "spool/record.h"
#include "spool/segment_head.h"
#include "spool/tail_scan.h"

namespace ingest::spool {
namespace {

// As Quarantine::keep_whole names them; "segment-N.log.OFFSET" is a stretch of one.
std::optional<std::uint64_t> first_of_whole_segment(std::string_view name) {
    if (name.ends_with(".whole")) name = name.substr(0, name.find(".log") + 4);
    return first_of_segment_name(name);
}

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
    FileResult<void> look_into_quarantine();
    FileResult<void> note_readings_of(File& file, std::uint64_t first);
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
    // First readings of the segments in quarantine/.
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
        return {};
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
    const auto size = (*file)->size();
    if (!size) return size.error().error();
    if (!schema || (*head)->first != first) {
        log::error("spool", schema ? "A file has the name of another segment"
                                   : "A segment's head is damaged",
                   {{"segment", name}});
        const auto kept = quarantine_.keep_whole(options_.dir / name, *size,
                                                 schema ? "renamed-" + name : name);
        if (!kept) return kept.error().error();
        return {};
    }
    found_.parts.push_back({std::make_shared<Segment>(options_.dir / name, std::move(**head),
                                                      std::move(*schema), std::move(*file), *size),
                            Extent{.end = first, .limit = *size}});
    store_.count_segment(*size);
    return {};
}

// Segments that were moved there whole, now or by an earlier recovery, because nothing says what
// their records are made of. Their readings are lost, and their numbers are not given away a
// second time, also if the process ends before a segment behind them says so.
FileResult<void> Recovery::look_into_quarantine() {
    const auto kept = files_.list(quarantine_.dir());
    if (!kept) return kept.error();
    for (const std::string& name : *kept) {
        const auto first = first_of_whole_segment(name);
        if (!first) continue;
        given_up_.insert(*first);
        if (!found_.parts.empty() && *first <= found_.parts.back().segment->head().first) continue;
        const auto file = files_.open(quarantine_.dir() / name);
        if (!file) return file.error();
        if (auto noted = note_readings_of(**file, *first); !noted) return noted;
    }
    return {};
}

// Raises known_end_ to behind the records of a segment whose head is damaged.
FileResult<void> Recovery::note_readings_of(File& file, std::uint64_t first) {
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
    crash_point("recovery.after_scan");
    const auto repaired = repair_tail(segment, tail);
    crash_point("recovery.after_repair");
    if (!repaired) {
        log::error("spool", repaired.error().error().message, {{"segment", segment.name()}});
        last.clean = false;
    }
    found_.resumes = repaired && tail.readable && segment.head().schema == schema_text_;
    found_.resume_offset = tail.offset;
    if (!found_.resumes && tail.end == segment.head().first) {  // a new one takes its place
        if (!tail.readable) {  // some day it may be readable
            auto kept = quarantine_.keep_whole(segment.path(), segment.bytes(), segment.name());
            if (!kept) return kept;
        }
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
        // It stays in its place until the new one takes it: a sink without a cursor would be a
        // new one, which gets nothing of what is kept.
        const auto path = options_.dir / Cursor::file_name(sink);
        if (auto kept = quarantine_.keep_copy(path); !kept) return kept;
        crash_point("recovery.mid_cursor_restart");
        auto cursor = Cursor::create(files_, options_.dir, sink, position);
        if (!cursor) return cursor.error();
        found_.cursors.push_back(std::move(*cursor));
    }
    return {};
}

// Acknowledged readings that are in no segment: between two of them, and before the first one if
// a sink has not had them.
void Recovery::count_gaps() {
    std::uint64_t slowest = UINT64_MAX;
    for (const auto& cursor : found_.cursors) slowest = std::min(slowest, cursor->position());
    const std::uint64_t begin =
        found_.parts.empty() ? found_.former_end : found_.parts.front().segment->head().former_end;
    std::uint64_t lost = begin > slowest ? begin - slowest : 0;
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
    crash_point("recovery.begin");
    if (const auto listed = take_inventory(); !listed) return listed.error().error();
    crash_point("recovery.after_inventory");
    for (const auto& [first, name] : segment_names_) {
        if (const auto loaded = load_segment(name, first); !loaded) return loaded.error();
    }
    if (const auto looked = look_into_quarantine(); !looked) return looked.error().error();
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
