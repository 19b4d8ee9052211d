#include "spool/segment_head.h"

#include <charconv>
#include <cstring>
#include <vector>

#include "spool/crc32c.h"
#include "spool/record.h"
#include "spool/types.h"

namespace ingest::spool {
namespace {

constexpr std::uint32_t magic = 0x47535349U;  // "ISSG"
constexpr std::size_t page_bytes = 4096;
constexpr std::size_t fixed_bytes = 56;
constexpr std::size_t crc_begin = 8;
constexpr std::size_t head_bytes_max = 1U << 20;
constexpr std::string_view prefix = "segment-";
constexpr std::string_view suffix = ".log";
constexpr std::size_t digits = 20;

template <class T>
void put(std::string& out, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.append(bytes, sizeof value);
}

template <class T>
T get(std::span<const std::byte> bytes, std::size_t offset) noexcept {
    T value{};
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

}  // namespace

std::string encode_head(const SegmentHead& head) {
    const std::size_t size =
        (fixed_bytes + head.schema.size() + page_bytes - 1) / page_bytes * page_bytes;
    std::string out;
    out.reserve(size);
    put(out, magic);
    put(out, std::uint32_t{0});
    put(out, head.version);
    put(out, std::uint16_t{0});
    put(out, static_cast<std::uint32_t>(size));
    put(out, head.first);
    put(out, head.former_end);
    put(out, head.segment);
    put(out, head.created_us);
    put(out, static_cast<std::uint32_t>(head.schema.size()));
    put(out, std::uint32_t{0});
    out += head.schema;
    out.resize(size, '\0');
    const std::uint32_t sum = crc32c(0, std::as_bytes(std::span(out)).subspan(crc_begin));
    std::memcpy(out.data() + 4, &sum, sizeof sum);
    return out;
}

FileResult<std::optional<SegmentHead>> read_head(File& file) {
    const std::optional<SegmentHead> none;
    std::vector<std::byte> bytes(page_bytes);
    std::uint64_t unreadable = 0;
    auto got = read_what_is_readable(file, 0, bytes, unreadable);
    if (!got) return got.error();
    if (*got < page_bytes || get<std::uint32_t>(bytes, 0) != magic) return none;
    const std::size_t size = get<std::uint32_t>(bytes, 12);
    if (size < page_bytes || size > head_bytes_max || size % page_bytes != 0) return none;
    bytes.resize(size);
    got = read_what_is_readable(file, 0, bytes, unreadable);
    if (!got) return got.error();
    if (*got < size) return none;
    if (get<std::uint32_t>(bytes, 4) != crc32c(0, std::span(bytes).subspan(crc_begin))) return none;
    SegmentHead head;
    head.version = get<std::uint16_t>(bytes, 8);
    if (head.version != segment_version) return std::optional(std::move(head));
    const std::size_t schema_bytes = get<std::uint32_t>(bytes, 48);
    if (schema_bytes > size - fixed_bytes) return none;
    head.first = get<std::uint64_t>(bytes, 16);
    head.former_end = get<std::uint64_t>(bytes, 24);
    head.segment = get<std::uint64_t>(bytes, 32);
    if (head.former_end > head.first || head.first > position_max) return none;
    head.created_us = get<std::int64_t>(bytes, 40);
    head.schema.assign(reinterpret_cast<const char*>(bytes.data()) + fixed_bytes, schema_bytes);
    head.size = size;
    return std::optional(std::move(head));
}

std::string segment_name(std::uint64_t first) {
    const std::string number = std::to_string(first);
    return std::string(prefix) + std::string(digits - number.size(), '0') + number +
           std::string(suffix);
}

std::optional<std::uint64_t> first_of_segment_name(std::string_view name) {
    if (name.size() != prefix.size() + digits + suffix.size() || !name.starts_with(prefix) ||
        !name.ends_with(suffix)) {
        return std::nullopt;
    }
    const std::string_view number = name.substr(prefix.size(), digits);
    std::uint64_t first = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + digits, first);
    if (error != std::errc() || end != number.data() + digits) return std::nullopt;
    if (first > position_max) return std::nullopt;
    return first;
}

}  // namespace ingest::spool
