#include "base/file_watch.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/stat.h>

namespace ingest {
namespace {

std::int64_t nanoseconds(const timespec& time) noexcept {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileWatch::Stamp FileWatch::stamp_of(const std::filesystem::path& file) {
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0) return {.file = file, .error = errno};
    return {.file = file,
            .device = found.st_dev,
            .inode = found.st_ino,
            .size = found.st_size,
            .modified_ns = nanoseconds(found.st_mtim),
            .changed_ns = nanoseconds(found.st_ctim)};
}

FileWatch::Sight FileWatch::look(const std::vector<std::filesystem::path>& files, Time now) {
    std::vector<Stamp> stamps;
    for (const std::filesystem::path& file : files) stamps.push_back(stamp_of(file));
    if (stamps != stamps_) {
        stamps_ = std::move(stamps);
        const bool missing = std::ranges::any_of(
            stamps_, [](const Stamp& stamp) { return stamp.error != 0; });
        due_ = Sight::changed;
        due_at_ = now + (missing ? missing_still : still);
    }
    return now < due_at_ ? Sight::same : std::exchange(due_, Sight::same);
}

void FileWatch::again(Time now) {
    due_ = Sight::again;
    due_at_ = now + pause_max;
}

std::chrono::milliseconds FileWatch::pause(Time now) const noexcept {
    using std::chrono::milliseconds;
    if (due_ == Sight::same) return pause_max;
    return std::clamp(std::chrono::ceil<milliseconds>(due_at_ - now), milliseconds(1), pause_max);
}

}  // namespace ingest
