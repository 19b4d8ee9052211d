#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spool/cursor.h"
#include "spool/file.h"
#include "spool/segment_head.h"
#include "spool/types.h"

// A spool's directory in the eyes of somebody who only looks: nothing is locked, repaired or
// written. A host may own it meanwhile: what it is writing at the moment may look cut, and what it
// consumed may be gone when its turn comes.
namespace ingest::spool {

// A file with records: a segment, a damaged part in quarantine/, or dead letters.
struct StoredSegment {
    std::string name;               // below the directory: "quarantine/segment-...log.8192"
    std::uint64_t named_first = 0;  // what the name says
    std::uint64_t bytes = 0;
    std::optional<SegmentHead> head;  // none: damaged; of another version, only that

    bool readable() const noexcept { return head && head->version == segment_version; }
    std::uint64_t first() const noexcept { return readable() ? head->first : named_first; }
    // Numbers that belong to nobody, between the segment before and this one.
    Range nobody() const noexcept;
};

struct StoredCursor {
    std::string name;
    std::string sink;
    std::optional<CursorContent> content;  // none: damaged
};

struct StoredFile {
    std::string name;
    std::uint64_t bytes = 0;
};

struct Inventory {
    std::filesystem::path dir;
    std::vector<StoredSegment> segments;  // by their first readings
    std::vector<StoredCursor> cursors;
    std::vector<StoredSegment> put_aside;   // in quarantine/, segments and parts of them
    std::vector<StoredFile> other_damage;   // in quarantine/: cursors
    std::vector<StoredSegment> letters;     // in dead-letters/
    std::optional<std::uint64_t> spare_bytes;
    std::vector<std::string> foreign;       // files that no host made

    // The lowest number that no cursor has been beyond.
    std::uint64_t known_end() const noexcept;
    const StoredCursor* cursor_of(std::string_view sink) const noexcept;
};

// Null: it is not there (any more).
FileResult<std::unique_ptr<File>> open_if_there(FileSystem& files,
                                                const std::filesystem::path& path);

// Reads names, heads and cursors.
FileResult<Inventory> take_inventory(FileSystem& files, const std::filesystem::path& dir);

// A segment of the log, as `spool ls` tells it.
struct ListedSegment {
    const StoredSegment* segment = nullptr;
    Range readings;
    std::uint64_t used_bytes = 0;
    bool other_fields = false;  // than the one before
};

// Reads the last segment too, to know where the log ends. Refers to the inventory.
FileResult<std::vector<ListedSegment>> list_segments(FileSystem& files,
                                                     const Inventory& inventory);

// How many readings of the log are at `position` or beyond.
std::uint64_t readings_beyond(const std::vector<ListedSegment>& segments, std::uint64_t position);

}  // namespace ingest::spool
