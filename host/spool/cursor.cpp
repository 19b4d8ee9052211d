#include "spool/cursor.h"

#include <array>
#include <cstring>

#include "base/ascii.h"
#include "base/crash_point.h"
#include "spool/crc32c.h"
#include "spool/record.h"
#include "spool/types.h"

namespace ingest::spool {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t magic = 0x55435349U;  // "ISCU"
constexpr std::uint16_t version = 1;
constexpr std::size_t slot_bytes = 4096;
constexpr std::size_t fixed_bytes = 32;
constexpr std::size_t crc_begin = 8;
constexpr std::string_view prefix = "cursor-";

using Slot = std::array<std::byte, slot_bytes>;

struct SlotContent {
    std::uint64_t generation = 0;
    std::uint64_t position = 0;
};

template <class T>
void put(Slot& slot, std::size_t offset, T value) noexcept {
    std::memcpy(slot.data() + offset, &value, sizeof value);
}

template <class T>
T get(std::span<const std::byte> slot, std::size_t offset) noexcept {
    T value{};
    std::memcpy(&value, slot.data() + offset, sizeof value);
    return value;
}

Slot encode_slot(const SlotContent& content, std::string_view sink) noexcept {
    Slot slot{};
    put(slot, 0, magic);
    put(slot, 8, version);
    put(slot, 10, static_cast<std::uint16_t>(sink.size()));
    put(slot, 16, content.generation);
    put(slot, 24, content.position);
    std::memcpy(slot.data() + fixed_bytes, sink.data(), sink.size());
    put(slot, 4, crc32c(0, std::span(slot).subspan(crc_begin)));
    return slot;
}

std::optional<SlotContent> decode_slot(std::span<const std::byte> slot, std::string_view sink) {
    if (get<std::uint32_t>(slot, 0) != magic || get<std::uint16_t>(slot, 8) != version ||
        get<std::uint32_t>(slot, 4) != crc32c(0, slot.subspan(crc_begin)) ||
        get<std::uint16_t>(slot, 10) != sink.size() ||
        std::memcmp(slot.data() + fixed_bytes, sink.data(), sink.size()) != 0) {
        return std::nullopt;
    }
    const SlotContent content{get<std::uint64_t>(slot, 16), get<std::uint64_t>(slot, 24)};
    if (content.position > position_max) return std::nullopt;
    return content;
}

bool is_plain(char c) noexcept {
    return is_alpha(c) || is_digit(c) || c == '_' || c == '-';
}

int hex_digit(char c) noexcept {
    return is_lower(c) ? -1 : hex_value(c);
}

}  // namespace

FileResult<std::optional<CursorContent>> read_cursor(File& file, std::string_view sink) {
    std::array<std::byte, 2 * slot_bytes> bytes{};
    std::uint64_t unreadable = 0;
    if (const auto got = read_what_is_readable(file, 0, bytes, unreadable); !got) {
        return got.error();
    }
    const auto first = decode_slot(std::span(bytes).first(slot_bytes), sink);
    const auto second = decode_slot(std::span(bytes).last(slot_bytes), sink);
    if (!first && !second) return std::optional<CursorContent>();
    const bool newer = !first || (second && second->generation > first->generation);
    const SlotContent& content = newer ? *second : *first;
    const bool both = first && second;
    return std::optional(CursorContent{content.generation, content.position, newer ? 1U : 0U, both,
                                       both ? (newer ? first : second)->position : 0});
}

std::string Cursor::file_name(std::string_view sink) {
    static constexpr char hex[] = "0123456789ABCDEF";
    std::string name(prefix);
    for (const char c : sink) {
        if (is_plain(c)) {
            name += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        name += '%';
        name += hex[byte >> 4];
        name += hex[byte & 15U];
    }
    return name;
}

std::optional<std::string> Cursor::sink_of_file_name(std::string_view file_name) {
    if (!file_name.starts_with(prefix)) return std::nullopt;
    file_name.remove_prefix(prefix.size());
    std::string sink;
    for (std::size_t i = 0; i < file_name.size(); ++i) {
        if (is_plain(file_name[i])) {
            sink += file_name[i];
            continue;
        }
        if (file_name[i] != '%' || i + 2 >= file_name.size()) return std::nullopt;
        const int high = hex_digit(file_name[i + 1]);
        const int low = hex_digit(file_name[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        sink += static_cast<char>(high * 16 + low);
        i += 2;
    }
    if (sink.empty()) return std::nullopt;
    return sink;
}

Cursor::Cursor(FileSystem& files, const fs::path& dir, std::string sink, std::uint64_t position)
    : files_(files),
      dir_(dir),
      path_(dir / file_name(sink)),
      sink_(std::move(sink)),
      position_(position) {}

FileResult<std::unique_ptr<Cursor>> Cursor::create(FileSystem& files, const fs::path& dir,
                                                   std::string_view sink,
                                                   std::uint64_t position) {
    std::unique_ptr<Cursor> cursor(new Cursor(files, dir, std::string(sink), position));
    const MutexLock lock(cursor->mutex_);
    if (const auto made = cursor->replace(); !made) return made.error();
    return cursor;
}

FileResult<std::unique_ptr<Cursor>> Cursor::load(FileSystem& files, const fs::path& dir,
                                                 const std::string& name) {
    const auto sink = sink_of_file_name(name);
    if (!sink) return std::unique_ptr<Cursor>();
    auto file = files.open(dir / name);
    if (!file) return file.error();
    const auto content = read_cursor(**file, *sink);
    if (!content) return content.error();
    if (!*content) return std::unique_ptr<Cursor>();

    std::unique_ptr<Cursor> cursor(new Cursor(files, dir, *sink, (*content)->position));
    const MutexLock lock(cursor->mutex_);
    cursor->file_ = std::move(*file);
    cursor->generation_ = (*content)->generation;
    cursor->slot_ = (*content)->slot;
    // The newer slot may be in the page cache only, or not be whole after all on the disk: write
    // the same again, which cannot harm it, before the other one is given up.
    const auto written = cursor->write_slot();
    const auto synced = written ? cursor->file_->sync() : written;
    if (synced) {
        cursor->slot_ = 1 - cursor->slot_;
    } else if (const auto made = cursor->replace(); !made) {
        return made.error();
    }
    return cursor;
}

FileResult<void> Cursor::advance(std::uint64_t position) {
    const MutexLock lock(mutex_);
    if (position <= position_) return {};
    position_ = position;
    dirty_ = true;
    if (broken_) return {};
    ++generation_;
    crash_point("cursor.before_write");
    auto written = write_slot();
    crash_point("cursor.after_write");
    broken_ = !written;
    return written;
}

FileResult<std::uint64_t> Cursor::sync() {
    const MutexLock lock(mutex_);
    if (!dirty_) return position_.load();
    if (!broken_) {
        crash_point("cursor.before_sync");
        const auto synced = file_->sync();
        crash_point("cursor.after_sync");
        if (synced) {
            slot_ = 1 - slot_;
            dirty_ = false;
            return position_.load();
        }
        broken_ = true;
    }
    if (const auto made = replace(); !made) return made.error();
    return position_.load();
}

FileResult<void> Cursor::write_slot() {
    const Slot slot = encode_slot({generation_, position_}, sink_);
    return file_->write(slot_ * slot_bytes, slot);
}

// A fresh file with both slots written takes the old one's place.
FileResult<void> Cursor::replace() {
    const fs::path draft = path_.string() + ".new";
    auto file = files_.create(draft);
    if (!file) return file.error();
    for (std::uint64_t slot = 0; slot < 2; ++slot) {
        const Slot bytes = encode_slot({generation_ + slot, position_}, sink_);
        const auto written = (*file)->write(slot * slot_bytes, bytes);
        if (!written) return written.error();
    }
    if (const auto synced = (*file)->sync(); !synced) return synced.error();
    crash_point("cursor.before_rename");
    if (const auto renamed = files_.rename(draft, path_); !renamed) return renamed.error();
    crash_point("cursor.after_rename");
    if (const auto synced = files_.sync_directory(dir_); !synced) return synced.error();
    file_ = std::move(*file);
    generation_ += 1;
    slot_ = 0;
    broken_ = false;
    dirty_ = false;
    return {};
}

}  // namespace ingest::spool
