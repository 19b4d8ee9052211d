#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "spool/file.h"

// A cursor's file, "cursor-NAME" (bytes of the sink's name other than [A-Za-z0-9_-] as %XX):
//
//   file = slot slot                     4096 bytes each
//   slot = magic:u32 crc:u32 version:u16 name_bytes:u16 zero:u32 generation:u64 position:u64
//          name zeros
//
// `crc` is the CRC-32C of everything behind it. The valid slot with the higher generation counts.
// Between two syncs only one slot is written, again and again, so that the other one stays whole
// whatever a power loss does.
namespace ingest::spool {

// What a cursor's file says.
struct CursorContent {
    std::uint64_t generation = 0;
    std::uint64_t position = 0;
    std::uint64_t slot = 0;   // the one that says so
    bool both_valid = false;  // the other slot is in order too
    std::uint64_t durable = 0;  // the other slot's position, if so: what was synced at the latest
};

// Nothing: neither slot is in order.
FileResult<std::optional<CursorContent>> read_cursor(File& file, std::string_view sink);

// How far one sink has come. Owns the file. Any thread.
class Cursor {
public:
    // Durable on return, its name too.
    static FileResult<std::unique_ptr<Cursor>> create(FileSystem& files,
                                                      const std::filesystem::path& dir,
                                                      std::string_view sink,
                                                      std::uint64_t position);
    // Nothing: neither slot is in order. Durable on return, as what is found may not be.
    static FileResult<std::unique_ptr<Cursor>> load(FileSystem& files,
                                                    const std::filesystem::path& dir,
                                                    const std::string& file_name);

    const std::string& sink() const noexcept { return sink_; }
    const std::filesystem::path& path() const noexcept { return path_; }
    std::uint64_t position() const noexcept { return position_; }

    // To the page cache at once; a lower position changes nothing. After an error the position
    // counts in memory, and the next sync() makes the file anew. Waits for a sync() under way.
    FileResult<void> advance(std::uint64_t position);
    // Makes position() durable and returns it. A file whose sync failed is replaced, never synced
    // again.
    FileResult<std::uint64_t> sync();

    static std::string file_name(std::string_view sink);
    static std::optional<std::string> sink_of_file_name(std::string_view file_name);

private:
    Cursor(FileSystem& files, const std::filesystem::path& dir, std::string sink,
           std::uint64_t position);
    FileResult<void> write_slot() INGEST_REQUIRES(mutex_);
    FileResult<void> replace() INGEST_REQUIRES(mutex_);

    FileSystem& files_;
    const std::filesystem::path dir_;
    const std::filesystem::path path_;
    const std::string sink_;
    std::atomic<std::uint64_t> position_;

    Mutex mutex_;
    std::unique_ptr<File> file_ INGEST_GUARDED_BY(mutex_);
    std::uint64_t generation_ INGEST_GUARDED_BY(mutex_) = 0;
    std::uint64_t slot_ INGEST_GUARDED_BY(mutex_) = 0;  // the one that is not durable
    bool dirty_ INGEST_GUARDED_BY(mutex_) = false;
    bool broken_ INGEST_GUARDED_BY(mutex_) = false;
};

// Shared: whoever syncs one does so without the log's lock, and it may be dropped meanwhile.
using SharedCursor = std::shared_ptr<Cursor>;

}  // namespace ingest::spool
