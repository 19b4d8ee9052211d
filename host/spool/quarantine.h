#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "spool/file.h"
#include "spool/types.h"

namespace ingest::spool {

// Where damaged bytes go, so that nothing is thrown away that was not delivered. Owns the folder
// quarantine/ and the count of what is lost; lives as long as the log. Any thread.
class Quarantine {
public:
    Quarantine(FileSystem& files, const std::filesystem::path& spool_dir);

    // Recovery, before anything else; it syncs the spool's directory afterwards.
    FileResult<void> open();

    struct Damage {
        std::string segment;        // its file's name
        std::uint64_t offset = 0;   // of the damaged bytes in it
        std::uint64_t end = 0;
        Range readings;             // that should have stood there
        bool unreadable = false;    // the device failed, not only the checksum
        const char* cause = "";
    };
    // Copies the bytes out and counts them, once for every place; later finds are known already.
    // When the copy fails the whole file is kept when its time comes. An error only if the device
    // can neither read the bytes nor write the copy: then it is gone rather than damaged, and
    // nothing may be skipped.
    FileResult<void> keep(const Damage& damage, File& file);

    // Moves a file here, whole, as NAME, or as NAME.2.whole and so on if that is taken.
    FileResult<void> keep_whole(const std::filesystem::path& file, std::uint64_t bytes,
                                const std::string& name);
    // Copies it, for a file that must not be missing from its place before another is there.
    FileResult<void> keep_copy(const std::filesystem::path& file);

    // True for a segment that must not be removed or used again, but moved here.
    bool wants_whole(const std::string& segment) const;

    const std::filesystem::path& dir() const noexcept { return dir_; }
    void count_lost(std::uint64_t readings) noexcept { lost_readings_ += readings; }
    void fill(Counters& counters) const noexcept;

private:
    FileResult<void> copy(const Damage& damage, File& file);
    // Durable on return, the name too.
    FileResult<void> copy_bytes(File& file, std::uint64_t begin, std::uint64_t end,
                                const std::filesystem::path& to);
    FileResult<std::string> free_name(const std::string& name);
    void count_whole(const std::filesystem::path& file, const std::string& kept_as,
                     std::uint64_t bytes);

    FileSystem& files_;
    const std::filesystem::path spool_dir_;
    const std::filesystem::path dir_;
    std::atomic<std::uint64_t> ranges_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
    std::atomic<std::uint64_t> lost_readings_ = 0;

    mutable Mutex mutex_;
    std::set<std::pair<std::string, std::uint64_t>> known_ INGEST_GUARDED_BY(mutex_);
    std::set<std::string> whole_ INGEST_GUARDED_BY(mutex_);
};

}  // namespace ingest::spool
