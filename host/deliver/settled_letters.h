#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "deliver/dead_letter_file.h"
#include "spool/file.h"

// `<sink>.settled`: what an operator did with dead letters.
//
//   file    = { record }
//   record  = magic:u32 "ISDS"  crc:u32  version:u16  outcome:u16  zero:u32
//             sequence:u64  time_us:i64  reading_id:16 bytes  zeros       64 bytes
//
// `crc` is the CRC-32C of everything behind it; `outcome` is 1 for replayed, 2 for dropped. All
// numbers little-endian. A record fits into one sector. What is no valid record is stepped over:
// its letter is then not settled, which loses nothing.
namespace ingest::deliver {

enum class Outcome : std::uint16_t { replayed = 1, dropped = 2 };

struct Settlement {
    Outcome outcome = Outcome::replayed;
    std::int64_t time_us = 0;
};
using Settlements = std::map<LetterId, Settlement>;

std::filesystem::path settled_path(const std::filesystem::path& dir, std::string_view sink);

// No file: nothing is settled.
Result<Settlements> read_settlements(spool::FileSystem& files, const std::filesystem::path& path);

// Writes that file, for one command. The first add() and keep() write it anew and put it into the
// old one's place: a sync of the former command may have failed, and a file is never synced again
// after that. One thread; owns the file it made.
class SettledLetters {
public:
    // `files` outlives it. The caller holds the lock that makes it the only writer.
    static Result<SettledLetters> open(std::filesystem::path path, spool::FileSystem& files);

    const Settlements& all() const noexcept { return all_; }

    // Durable on return. After an error some may be settled and some not.
    Result<void> add(std::span<const LetterId> letters, const Settlement& settlement);
    // Forgets the others; no file is left if nothing is.
    Result<void> keep(Settlements settlements);

private:
    SettledLetters(std::filesystem::path path, spool::FileSystem& files, Settlements all)
        : path_(std::move(path)), files_(&files), all_(std::move(all)) {}
    Result<void> write_anew();

    std::filesystem::path path_;
    spool::FileSystem* files_;
    Settlements all_;
    std::unique_ptr<spool::File> file_;  // null: to be written anew
    std::uint64_t end_ = 0;
};

}  // namespace ingest::deliver
