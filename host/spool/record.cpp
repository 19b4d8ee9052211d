#include "spool/record.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "model/batch_codec.h"
#include "spool/crc32c.h"
#include "spool/types.h"

namespace ingest::spool {
namespace {

constexpr std::uint32_t magic = 0x44524349U;  // "ICRD"
constexpr std::uint16_t version = 1;
constexpr std::size_t crc_begin = 8;
constexpr std::size_t window_bytes = 256U << 10;
constexpr std::size_t page_bytes = 4096;

template <class T>
void put(char*& at, T value) noexcept {
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
}

template <class T>
T get(const std::byte* at) noexcept {
    T value{};
    std::memcpy(&value, at, sizeof value);
    return value;
}

bool sum_is_right(std::span<const std::byte> record) noexcept {
    return get<std::uint32_t>(record.data() + 4) == crc32c(0, record.subspan(crc_begin));
}

}  // namespace

std::size_t record_size(const model::Batch& batch) noexcept {
    return record_header_bytes + model::BatchCodec::encoded_size(batch);
}

void append_record(std::string& out, const model::Batch& batch, std::uint64_t first,
                   std::uint64_t segment, std::uint64_t group) {
    const std::size_t start = out.size();
    out.resize(start + record_header_bytes);
    model::BatchCodec::encode(batch, out);
    const std::size_t length = out.size() - start - record_header_bytes;

    char* at = out.data() + start;
    put(at, magic);
    put(at, std::uint32_t{0});
    put(at, version);
    put(at, std::uint16_t{0});
    put(at, static_cast<std::uint32_t>(length));
    put(at, static_cast<std::uint32_t>(batch.rows()));
    put(at, std::uint32_t{0});
    put(at, first);
    put(at, segment);
    put(at, group);
    const auto bytes = std::as_bytes(std::span(out)).subspan(start + crc_begin);
    at = out.data() + start + 4;
    put(at, crc32c(0, bytes));
}

RecordScanner::RecordScanner(File& file, std::optional<std::uint64_t> segment,
                             std::uint64_t offset, std::uint64_t limit)
    : file_(file), segment_(segment), limit_(limit), position_(offset) {}

FileResult<std::optional<FoundRecord>> RecordScanner::next() {
    std::uint64_t at = position_;
    while (at + record_header_bytes <= limit_) {
        const auto there = load(at, record_header_bytes);
        if (!there) return there.error();
        if (!*there) break;
        if (const auto header = header_at(at)) {
            const std::uint64_t size = record_header_bytes + header->length;
            const auto whole = load(at, size);
            if (!whole) return whole.error();
            if (*whole && sum_is_right(loaded(at).first(size))) {
                position_ = at + size;
                return FoundRecord{*header, at,
                                   loaded(at).subspan(record_header_bytes, header->length)};
            }
        }
        at = next_magic(at + 1);
    }
    position_ = limit_;
    return std::optional<FoundRecord>{};
}

// Makes [offset, offset + size) available; false when the file ends before.
// REQUIRES: offset never decreases, and the limit is not before the end.
FileResult<bool> RecordScanner::load(std::uint64_t offset, std::uint64_t size) {
    if (offset + size <= window_offset_ + window_size_) return true;
    const std::uint64_t wanted = std::min(std::max<std::uint64_t>(size, window_bytes),
                                          limit_ - offset);
    window_.resize(wanted);
    window_offset_ = offset;
    window_size_ = 0;
    const auto got = read_what_is_readable(file_, offset, window_, unreadable_);
    if (!got) return got.error();
    window_size_ = *got;
    return size <= window_size_;
}

std::span<const std::byte> RecordScanner::loaded(std::uint64_t offset) const noexcept {
    return std::span<const std::byte>(window_).first(window_size_).subspan(offset - window_offset_);
}

// REQUIRES: a header's bytes are loaded at `offset`.
std::optional<RecordHeader> RecordScanner::header_at(std::uint64_t offset) noexcept {
    const std::byte* at = loaded(offset).data();
    if (get<std::uint32_t>(at) != magic || get<std::uint16_t>(at + 8) != version) return {};
    const RecordHeader header{get<std::uint32_t>(at + 12), get<std::uint32_t>(at + 16),
                              get<std::uint64_t>(at + 24), get<std::uint64_t>(at + 32),
                              get<std::uint64_t>(at + 40)};
    if (segment_ && header.segment != *segment_) return {};
    const std::uint64_t end = offset + record_header_bytes + header.length;
    traces_end_ = std::max(traces_end_, std::min(end, limit_));
    if (end > limit_ || header.rows == 0) return {};
    if (header.first > position_max || header.end() > position_max) return {};
    return header;
}

// The next place in what is loaded that may begin a record; else where to load on.
std::uint64_t RecordScanner::next_magic(std::uint64_t offset) const noexcept {
    const std::uint64_t window_end = window_offset_ + window_size_;
    if (offset >= window_end) return offset;
    const auto bytes = loaded(offset);
    char pattern[sizeof magic];
    std::memcpy(pattern, &magic, sizeof magic);
    const auto* hit = static_cast<const std::byte*>(
        ::memmem(bytes.data(), bytes.size(), pattern, sizeof pattern));
    if (hit != nullptr) return offset + static_cast<std::uint64_t>(hit - bytes.data());
    // A magic number may straddle the end of the window.
    return std::max(offset, window_end - (sizeof magic - 1));
}

FileResult<std::size_t> read_what_is_readable(File& file, std::uint64_t offset,
                                              std::span<std::byte> bytes,
                                              std::uint64_t& unreadable) {
    const auto whole = file.read(offset, bytes);
    if (!failed_with(whole, EIO)) return whole;
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto in_page = static_cast<std::size_t>((offset + done) % page_bytes);
        const auto page = bytes.subspan(done, std::min(page_bytes - in_page, bytes.size() - done));
        auto got = file.read(offset + done, page);
        for (int again = 0; again < 2 && failed_with(got, EIO); ++again) {
            got = file.read(offset + done, page);
        }
        if (!got && !failed_with(got, EIO)) return got;
        if (!got) {
            std::fill(page.begin(), page.end(), std::byte{0});
            unreadable += page.size();
        }
        done += got ? *got : page.size();
        if (got && *got < page.size()) break;
    }
    return done;
}

}  // namespace ingest::spool
