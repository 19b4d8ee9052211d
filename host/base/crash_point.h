#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"

// Places in the code where the process can be made to end as by kill -9, so that tests prove what
// is left behind each of them. Builds with tests have them; in others (INGEST_CRASH_POINTS=0) they
// leave nothing in the program. INGEST_CRASH_AT=NAME ends the process when it passes NAME,
// INGEST_CRASH_AT=NAME:3 when it passes it the third time.
namespace ingest {

// All of them, each passed in exactly one place of host/ (a test looks).
inline constexpr std::array crash_point_names = std::to_array<std::string_view>({
    // A group on its way to the disk. Reached by any reading.
    "append.before_write", "append.before_sync", "append.after_sync",
    // A segment begins: its head is written into the spare, which gets its name.
    "rotate.before_head", "rotate.after_head", "rotate.after_rename", "rotate.after_directory",
    // A file for the next segment is written ahead.
    "spare.mid_draft", "spare.after_rename",
    // A cursor moves, is synced, and is made anew (for a new sink, or after a failed sync).
    "cursor.before_write", "cursor.after_write", "cursor.before_sync", "cursor.after_sync",
    "cursor.before_rename", "cursor.after_rename",
    // A consumed segment goes: removed, or renamed to be the spare.
    "removal.before", "removal.after_name", "removal.after_directory",
    // Any start; those of the repair need a log that goes on in its last segment.
    "recovery.begin", "recovery.after_inventory", "recovery.after_scan", "recovery.mid_repair",
    "recovery.after_repair", "recovery.before_segment", "recovery.end",
    // Damage: a cursor's file kept and not yet replaced, a segment moved away, bytes copied.
    "recovery.mid_cursor_restart", "quarantine.after_move", "quarantine.mid_copy",
    // A reading that a sink can never take is kept; a sink has readings and the cursor not yet.
    "dead_letter.before_sync", "dead_letter.after_sync", "lane.before_settle",
});

// One of the above; another name does not compile.
class CrashPoint {
public:
    // Not explicit, so that a name is enough at each place.
    consteval CrashPoint(const char* name) : index_(find(name)) {}
    constexpr std::size_t index() const noexcept { return index_; }

private:
    static consteval std::size_t find(std::string_view name) {
        for (std::size_t i = 0; i < crash_point_names.size(); ++i) {
            if (crash_point_names[i] == name) return i;
        }
        throw "a crash point's name must be in the table";
    }

    std::size_t index_;
};

// What one pass of a crash point does in a build that has them. Any thread.
void pass_crash_point(CrashPoint point) noexcept;

// Sets what the process shall die of, as in INGEST_CRASH_AT; null or empty: nothing. An unknown
// name is an error that lists those there are. Before other threads begin.
Result<void> arm_crash_point(const char* request);
Result<void> arm_crash_point_from_environment();

inline void crash_point([[maybe_unused]] CrashPoint point) noexcept {
    if constexpr (INGEST_CRASH_POINTS) pass_crash_point(point);
}

// The first thing main() does.
inline Result<void> arm_crash_points() {
    if constexpr (INGEST_CRASH_POINTS) return arm_crash_point_from_environment();
    return {};
}

}  // namespace ingest
