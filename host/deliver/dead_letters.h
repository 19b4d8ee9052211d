#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "base/error.h"
#include "base/mutex.h"
#include "deliver/dead_letter_file.h"
#include "model/batch.h"
#include "spool/file.h"

namespace ingest::deliver {

// Keeps the dead letters of one sink; what becomes of them is the office's (dead_letter_office.h).
// A new file begins when the configuration's fields change, at a size, so that settled ones can go,
// and after a failed sync, because a file is never synced again once that failed. Any thread.
class DeadLetters {
public:
    static constexpr std::uint64_t file_bytes_max = 16U << 20;

    // Creates `dir` (one level) when it is missing; finds the end of what is there. `schema` and
    // `files` outlive it. REQUIRES: the spool's lock is held.
    static Result<std::unique_ptr<DeadLetters>> open(std::filesystem::path dir, std::string sink,
                                                     const model::Schema& schema,
                                                     spool::FileSystem& files);

    // Durable on return. `reading` has one row. A letter that is already kept (the process ended
    // before the cursor moved on) is not kept twice.
    Result<void> add(const DeadLetter& letter, const model::Batch& reading);

    // Positions before `cursor` do not come again: nothing about them needs remembering.
    void forget_before(std::uint64_t cursor);

private:
    DeadLetters(std::filesystem::path dir, std::string sink, const model::Schema& schema,
                spool::FileSystem& files);
    std::filesystem::path path_of(std::uint64_t number) const;
    Result<void> find_end();
    Result<void> take_newest() INGEST_REQUIRES(mutex_);
    Result<void> begin_file() INGEST_REQUIRES(mutex_);

    const std::filesystem::path dir_;
    const std::string sink_;
    const std::unique_ptr<model::Schema> schema_;  // of the letters: with the three columns
    spool::FileSystem& files_;

    mutable Mutex mutex_;
    std::unique_ptr<spool::File> file_ INGEST_GUARDED_BY(mutex_);  // null: begin a new one
    std::uint64_t number_ INGEST_GUARDED_BY(mutex_) = 0;           // of the newest file
    std::uint64_t segment_ INGEST_GUARDED_BY(mutex_) = 0;
    std::uint64_t end_ INGEST_GUARDED_BY(mutex_) = 0;
    // What the newest file has durably, as far as it may come again.
    std::set<LetterId> kept_ INGEST_GUARDED_BY(mutex_);
};

}  // namespace ingest::deliver
