#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/mutex.h"
#include "base/uuid.h"
#include "model/batch.h"
#include "spool/file.h"

namespace ingest::deliver {

// A reading that its sink can never take.
struct DeadLetter {
    std::uint64_t sequence = 0;  // its position in the log
    std::int64_t time_us = 0;    // when it was given up
    std::string reason;          // the sink's words
};

// The dead letters of one sink: files `<sink>.<n>.log` in the format of the spool's segments, whose
// schema has three columns more, at the end: dead_letter_sequence, dead_letter_time and
// dead_letter_reason. A new file begins when the configuration's fields change, and after a failed
// sync, because a file is never synced again once that failed. Any thread.
class DeadLetters {
public:
    // Creates `dir` (one level) when it is missing; finds the end of what is there. `schema` and
    // `files` outlive it.
    static Result<std::unique_ptr<DeadLetters>> open(std::filesystem::path dir, std::string sink,
                                                     const model::Schema& schema,
                                                     spool::FileSystem& files);

    // Durable on return. `reading` has one row. A letter that is already kept (the process ended
    // before the cursor moved on) is not kept twice.
    Result<void> add(const DeadLetter& letter, const model::Batch& reading);

    // Positions before `cursor` do not come again: nothing about them needs remembering.
    void forget_before(std::uint64_t cursor);

    // Every letter once, oldest first. The batch has one row, in the schema of its time. A file
    // that cannot be read does not hide the others; the error tells of the first such.
    Result<void> for_each(
        const std::function<void(const DeadLetter&, const model::Batch&)>& visit) const;

private:
    DeadLetters(std::filesystem::path dir, std::string sink, const model::Schema& schema,
                spool::FileSystem& files);
    std::filesystem::path path_of(std::uint64_t number) const;
    Result<void> find_end();
    Result<void> begin_file() INGEST_REQUIRES(mutex_);
    struct Content {
        std::unique_ptr<model::Schema> schema;
        std::uint64_t segment = 0;
        std::uint64_t end = 0;  // where the next letter goes
    };
    Result<Content> read_file(
        std::uint64_t number,
        const std::function<void(const DeadLetter&, const model::Batch&)>& visit) const;

    const std::filesystem::path dir_;
    const std::string sink_;
    const std::unique_ptr<model::Schema> schema_;  // of the letters: with the three columns
    spool::FileSystem& files_;

    mutable Mutex mutex_;
    std::unique_ptr<spool::File> file_ INGEST_GUARDED_BY(mutex_);  // null: begin a new one
    std::uint64_t number_ INGEST_GUARDED_BY(mutex_) = 0;           // of the newest file
    std::uint64_t segment_ INGEST_GUARDED_BY(mutex_) = 0;
    std::uint64_t end_ INGEST_GUARDED_BY(mutex_) = 0;
    // By position, with the reading's id: positions begin anew if the log is removed.
    std::map<std::uint64_t, Uuid> kept_ INGEST_GUARDED_BY(mutex_);
};

}  // namespace ingest::deliver
