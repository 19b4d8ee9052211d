#include "spool/inspect.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "spool/inspect_scan.h"
#include "spool/segment_store.h"

namespace ingest::spool {
namespace {

namespace fs = std::filesystem;

// A cursor is written while it is read, at times.
constexpr int cursor_attempts = 3;
constexpr std::size_t segment_name_bytes = 32;

// Of neither a segment nor a spare.
bool is_foreign(const std::string& name) {
    if (name == "lock" || name == "control" || name.ends_with(".new")) return false;
    return !Cursor::sink_of_file_name(name);
}

class Stocktaking {
public:
    Stocktaking(FileSystem& files, const fs::path& dir) : files_(files) { found_.dir = dir; }

    FileResult<Inventory> run();

private:
    FileResult<void> take_cursors();
    FileResult<void> take_segments();
    FileResult<void> take_quarantine();
    FileResult<void> take_letters();
    FileResult<std::optional<StoredSegment>> look_into(const std::string& name,
                                                       std::uint64_t first);
    FileResult<void> take_into(std::vector<StoredSegment>& list, const std::string& name,
                               std::uint64_t first);
    FileResult<std::vector<std::string>> list_below(const char* folder);

    FileSystem& files_;
    Inventory found_;
};

FileResult<std::optional<StoredSegment>> Stocktaking::look_into(const std::string& name,
                                                                std::uint64_t first) {
    const auto file = open_if_there(files_, found_.dir / name);
    if (!file) return file.error();
    if (!*file) return std::optional<StoredSegment>();
    auto head = read_head(**file);
    if (!head) return head.error();
    const auto bytes = (*file)->size();
    if (!bytes) return bytes.error();
    return std::optional(StoredSegment{name, first, *bytes, std::move(*head)});
}

FileResult<void> Stocktaking::take_into(std::vector<StoredSegment>& list, const std::string& name,
                                        std::uint64_t first) {
    auto stored = look_into(name, first);
    if (!stored) return stored.error();
    if (*stored) list.push_back(std::move(**stored));
    return {};
}

// Empty if the folder is not there.
FileResult<std::vector<std::string>> Stocktaking::list_below(const char* folder) {
    auto names = files_.list(found_.dir / folder);
    if (names) return names;
    const FileError error = names.error();
    if (error.number == ENOENT) return std::vector<std::string>();
    return error;
}

FileResult<void> Stocktaking::take_cursors() {
    const auto names = files_.list(found_.dir);
    if (!names) return names.error();
    for (const std::string& name : *names) {
        const auto sink = Cursor::sink_of_file_name(name);
        if (!sink) continue;
        const auto file = open_if_there(files_, found_.dir / name);
        if (!file) return file.error();
        if (!*file) continue;
        auto content = read_cursor(**file, *sink);
        for (int i = 1; i < cursor_attempts && content && !(*content && (*content)->both_valid);
             ++i) {
            content = read_cursor(**file, *sink);
        }
        if (!content) return content.error();
        found_.cursors.push_back({name, *sink, *content});
    }
    return {};
}

FileResult<void> Stocktaking::take_segments() {
    const auto names = files_.list(found_.dir);
    if (!names) return names.error();
    for (const std::string& name : *names) {
        if (const auto first = first_of_segment_name(name)) {
            if (auto taken = take_into(found_.segments, name, *first); !taken) return taken;
        } else if (name == SegmentStore::spare_name) {
            const auto spare = look_into(name, 0);
            if (!spare) return spare.error();
            if (*spare) found_.spare_bytes = (*spare)->bytes;
        } else if (is_foreign(name)) {
            found_.foreign.push_back(name);
        }
    }
    std::ranges::stable_sort(found_.segments, {}, &StoredSegment::first);
    return {};
}

FileResult<void> Stocktaking::take_quarantine() {
    const auto names = list_below("quarantine");
    if (!names) return names.error();
    for (const std::string& name : *names) {
        const std::string path = "quarantine/" + name;
        if (const auto first = first_of_segment_name(name.substr(0, segment_name_bytes))) {
            if (auto taken = take_into(found_.put_aside, path, *first); !taken) return taken;
            continue;
        }
        const auto other = look_into(path, 0);
        if (!other) return other.error();
        if (*other) found_.other_damage.push_back({path, (*other)->bytes});
    }
    return {};
}

FileResult<void> Stocktaking::take_letters() {
    const auto names = list_below("dead-letters");
    if (!names) return names.error();
    for (const std::string& name : *names) {
        if (!name.ends_with(".log")) continue;
        if (auto taken = take_into(found_.letters, "dead-letters/" + name, 0); !taken) return taken;
    }
    return {};
}

// Cursors first: whatever they point to is in the segments that are listed afterwards.
FileResult<Inventory> Stocktaking::run() {
    if (const auto taken = take_cursors(); !taken) return taken.error();
    if (const auto taken = take_segments(); !taken) return taken.error();
    if (const auto taken = take_quarantine(); !taken) return taken.error();
    if (const auto taken = take_letters(); !taken) return taken.error();
    return std::move(found_);
}

}  // namespace

Range StoredSegment::nobody() const noexcept {
    return readable() ? Range{head->former_end, head->first} : Range{};
}

std::uint64_t Inventory::known_end() const noexcept {
    std::uint64_t end = 0;
    for (const StoredCursor& cursor : cursors) {
        if (cursor.content) end = std::max(end, cursor.content->position);
    }
    return end;
}

const StoredCursor* Inventory::cursor_of(std::string_view sink) const noexcept {
    const auto found = std::ranges::find(cursors, sink, &StoredCursor::sink);
    return found == cursors.end() ? nullptr : &*found;
}

FileResult<std::unique_ptr<File>> open_if_there(FileSystem& files, const fs::path& path) {
    auto file = files.open_to_read(path);
    if (file) return file;
    const FileError error = file.error();
    if (error.number == ENOENT) return std::unique_ptr<File>();
    return error;
}

FileResult<Inventory> take_inventory(FileSystem& files, const fs::path& dir) {
    return Stocktaking(files, dir).run();
}

FileResult<std::vector<ListedSegment>> list_segments(FileSystem& files,
                                                     const Inventory& inventory) {
    std::vector<ListedSegment> listed;
    for (const StoredSegment& segment : inventory.segments) {
        const std::uint64_t first = segment.first();
        ListedSegment next{&segment, {first, first}, segment.bytes, false};
        if (!listed.empty()) {
            ListedSegment& former = listed.back();
            former.readings.end = segment.readable() ? segment.head->former_end : first;
            former.readings.end = std::max(former.readings.end, former.readings.first);
            next.other_fields = segment.readable() && former.segment->readable() &&
                                segment.head->schema != former.segment->head->schema;
        }
        listed.push_back(next);
    }
    if (listed.empty()) return listed;
    const auto scan = scan_segment(files, inventory.dir, *listed.back().segment);
    if (!scan) return scan.error();
    listed.back().readings.end = std::max(scan->end(), listed.back().readings.first);
    listed.back().used_bytes = scan->end_offset();
    return listed;
}

std::uint64_t readings_beyond(const std::vector<ListedSegment>& segments,
                              std::uint64_t position) {
    std::uint64_t sum = 0;
    for (const ListedSegment& listed : segments) {
        const std::uint64_t first = std::max(listed.readings.first, position);
        sum += listed.readings.end > first ? listed.readings.end - first : 0;
    }
    return sum;
}

}  // namespace ingest::spool
