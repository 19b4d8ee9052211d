#include "deliver/dead_letters.h"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/time_text.h"
#include "spool/segment_head.h"

namespace ingest::deliver {
namespace {

constexpr std::size_t window_bytes = 256U << 10;

std::uint64_t random_id() {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 | device();
}

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

// The page cache may show what the disk has not got, from a process that was killed or whose sync
// failed. Written again in its place, it will be there; a sync alone would find nothing to do.
spool::FileResult<void> write_again(spool::File& file) {
    const auto size = file.size();
    if (!size) return size.error();
    std::vector<std::byte> bytes(std::min<std::uint64_t>(*size, window_bytes));
    for (std::uint64_t offset = 0; offset < *size; offset += bytes.size()) {
        const auto got = file.read(offset, bytes);
        if (!got) return got.error();
        const auto written = file.write(offset, std::span(bytes).first(*got));
        if (!written) return written;
    }
    return file.sync();
}

// Makes the name durable too.
Result<void> write_file(spool::FileSystem& files, spool::File& file,
                        const std::filesystem::path& dir, const std::string& bytes) {
    if (auto written = file.write(0, bytes_of(bytes)); !written) return written.error().error();
    if (auto synced = file.sync(); !synced) return synced.error().error();
    if (auto synced = files.sync_directory(dir); !synced) return synced.error().error();
    return {};
}

}  // namespace

DeadLetters::DeadLetters(std::filesystem::path dir, std::string sink, const model::Schema& schema,
                         spool::FileSystem& files)
    : dir_(std::move(dir)), sink_(std::move(sink)), schema_(letter_schema(schema)), files_(files) {}

Result<std::unique_ptr<DeadLetters>> DeadLetters::open(std::filesystem::path dir, std::string sink,
                                                       const model::Schema& schema,
                                                       spool::FileSystem& files) {
    std::unique_ptr<DeadLetters> letters(
        new DeadLetters(std::move(dir), std::move(sink), schema, files));
    const auto made = files.make_directory(letters->dir_);
    if (!made) return made.error().error();
    // Also when it was there: an earlier start may have died before it did this.
    const auto synced = files.sync_directory(letters->dir_.parent_path());
    if (!synced) return synced.error().error();
    if (auto found = letters->find_end(); !found) return found.error();
    return letters;
}

std::filesystem::path DeadLetters::path_of(std::uint64_t number) const {
    return dir_ / letter_file_name(sink_, number);
}

// Only the newest file is looked at: of older ones it is not known whether their last sync failed,
// so a letter that comes again is kept again. Whoever reads tells it once, or not at all if it was
// settled.
Result<void> DeadLetters::find_end() {
    const auto names = files_.list(dir_);
    if (!names) return names.error().error();
    const auto numbers = letter_file_numbers(*names, sink_);
    if (numbers.empty()) return {};
    const MutexLock lock(mutex_);
    number_ = numbers.back();
    if (auto taken = take_newest(); !taken) {
        log::error("deliver", "a file of dead letters cannot be used; it is left as it is",
                   {{"sink", sink_}, {"reason", taken.error().message}});
    }
    return {};
}

Result<void> DeadLetters::take_newest() {
    auto file = files_.open(path_of(number_));
    if (!file) return file.error().error();
    std::vector<LetterId> found;
    const auto content = read_letter_file(
        **file, path_of(number_), [&](const DeadLetter& letter, const model::Batch& reading) {
            found.push_back(id_of(letter, reading));
            return true;
        });
    if (!content) return content.error();
    if (auto again = write_again(**file); !again) return again.error().error();
    if (auto synced = files_.sync_directory(dir_); !synced) return synced.error().error();
    kept_.insert(found.begin(), found.end());
    if (!content->schema->same_layout(*schema_)) return {};
    file_ = std::move(*file);
    end_ = content->end;
    segment_ = content->segment;
    return {};
}

Result<void> DeadLetters::begin_file() {
    const std::uint64_t number = number_ + 1;
    spool::SegmentHead head;
    head.first = number;
    head.former_end = number;
    head.segment = random_id();
    head.created_us = now_us();
    head.schema = to_text(*schema_);
    const std::string bytes = spool::encode_head(head);
    auto file = files_.create(path_of(number));
    if (!file) return file.error().error();
    if (auto made = write_file(files_, **file, dir_, bytes); !made) {
        // The next attempt must not sync this file again. There is nothing in it.
        const auto gone = files_.unlink(path_of(number));
        if (!gone) number_ = number;
        return made;
    }
    file_ = std::move(*file);
    number_ = number;
    segment_ = head.segment;
    end_ = bytes.size();
    return {};
}

Result<void> DeadLetters::add(const DeadLetter& letter, const model::Batch& reading) {
    const MutexLock lock(mutex_);
    const LetterId id = id_of(letter, reading);
    if (kept_.contains(id)) return {};
    if (!file_ || end_ >= file_bytes_max) {
        if (auto begun = begin_file(); !begun) return begun;
    }
    std::string record;
    append_letter(record, *schema_, letter, reading, segment_, end_);
    if (auto written = file_->write(end_, bytes_of(record)); !written) {
        return written.error().error();
    }
    crash_point("dead_letter.before_sync");
    auto synced = file_->sync();
    crash_point("dead_letter.after_sync");
    if (!synced) {
        file_.reset();
        return synced.error().error();
    }
    end_ += record.size();
    kept_.insert(id);
    return {};
}

void DeadLetters::forget_before(std::uint64_t cursor) {
    const MutexLock lock(mutex_);
    kept_.erase(kept_.begin(), kept_.lower_bound({cursor, {}}));
}

}  // namespace ingest::deliver
