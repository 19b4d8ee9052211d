#include "spool/quarantine.h"

#include <algorithm>
#include <vector>

#include "base/crash_point.h"
#include "base/log.h"
#include "spool/record.h"

namespace ingest::spool {

namespace fs = std::filesystem;

Quarantine::Quarantine(FileSystem& files, const fs::path& spool_dir)
    : files_(files), spool_dir_(spool_dir), dir_(spool_dir / "quarantine") {}

FileResult<void> Quarantine::open() {
    if (const auto made = files_.make_directory(dir_); !made) return made.error();
    return {};
}

FileResult<void> Quarantine::keep(const Damage& damage, File& file) {
    const MutexLock lock(mutex_);
    if (known_.contains({damage.segment, damage.offset})) return {};
    if (auto copied = copy(damage, file); !copied) {
        log::error("spool", copied.error().error().message, {{"segment", damage.segment}});
        if (damage.unreadable) return copied;
        whole_.insert(damage.segment);
    }
    if (damage.unreadable) whole_.insert(damage.segment);
    known_.emplace(damage.segment, damage.offset);
    const std::uint64_t lost = damage.readings.end - damage.readings.first;
    const std::uint64_t bytes = damage.end - damage.offset;
    ranges_ += 1;
    bytes_ += bytes;
    lost_readings_ += lost;
    log::error("spool", "A part of a segment is damaged; its bytes are kept in quarantine/",
               {{"segment", damage.segment},
                {"cause", damage.cause},
                {"offset", damage.offset},
                {"bytes", bytes},
                {"first_reading", damage.readings.first},
                {"readings", lost}});
    return {};
}

FileResult<void> Quarantine::copy(const Damage& damage, File& file) {
    return copy_bytes(file, damage.offset, damage.end,
                      dir_ / (damage.segment + "." + std::to_string(damage.offset)));
}

FileResult<void> Quarantine::copy_bytes(File& file, std::uint64_t begin, std::uint64_t end,
                                        const fs::path& to) {
    const auto out = files_.create(to);
    if (!out) return out.error();
    std::vector<std::byte> piece(std::min<std::uint64_t>(end - begin, 1U << 20));
    std::uint64_t unreadable = 0;
    for (std::uint64_t at = begin; at < end;) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), end - at));
        const auto got = read_what_is_readable(file, at, std::span(piece).first(size), unreadable);
        if (!got) return got.error();
        if (*got == 0) break;
        const auto written = (*out)->write(at - begin, std::span(piece).first(*got));
        if (!written) return written.error();
        crash_point("quarantine.mid_copy");
        at += *got;
    }
    if (const auto synced = (*out)->sync(); !synced) return synced.error();
    return files_.sync_directory(dir_);
}

FileResult<std::string> Quarantine::free_name(const std::string& name) {
    const auto names = files_.list(dir_);
    if (!names) return names.error();
    std::string free = name;
    for (int n = 2; std::ranges::find(*names, free) != names->end(); ++n) {
        free = name + "." + std::to_string(n) + ".whole";
    }
    return FileResult<std::string>(boost::system::in_place_value, std::move(free));
}

FileResult<void> Quarantine::keep_whole(const fs::path& file, std::uint64_t bytes,
                                        const std::string& name) {
    const auto to = free_name(name);
    if (!to) return to.error();
    if (const auto renamed = files_.rename(file, dir_ / *to); !renamed) return renamed.error();
    crash_point("quarantine.after_move");
    if (const auto synced = files_.sync_directory(dir_); !synced) return synced.error();
    if (const auto synced = files_.sync_directory(spool_dir_); !synced) return synced.error();
    count_whole(file, *to, bytes);
    return {};
}

FileResult<void> Quarantine::keep_copy(const fs::path& file) {
    const auto from = files_.open(file);
    if (!from) return from.error();
    const auto bytes = (*from)->size();
    if (!bytes) return bytes.error();
    const auto to = free_name(file.filename().string());
    if (!to) return to.error();
    if (auto copied = copy_bytes(**from, 0, *bytes, dir_ / *to); !copied) return copied;
    count_whole(file, *to, *bytes);
    return {};
}

void Quarantine::count_whole(const fs::path& file, const std::string& kept_as,
                             std::uint64_t bytes) {
    ranges_ += 1;
    bytes_ += bytes;
    log::error("spool", "A whole file is kept in quarantine/",
               {{"file", file.filename().string()}, {"kept_as", kept_as}});
}

bool Quarantine::wants_whole(const std::string& segment) const {
    const MutexLock lock(mutex_);
    return whole_.contains(segment);
}

void Quarantine::fill(Counters& counters) const noexcept {
    counters.quarantined_ranges = ranges_;
    counters.quarantined_bytes = bytes_;
    counters.lost_readings = lost_readings_;
}

}  // namespace ingest::spool
