#include "decode/reading_id.h"

#include <algorithm>

#include <boost/uuid/name_generator_sha1.hpp>

namespace ingest::decode {
namespace {

// The name space of these ids, drawn at random once. Another one would give retries new ids.
constexpr boost::uuids::uuid name_space = {
    {0x50, 0xc8, 0xcc, 0x14, 0x8c, 0x4d, 0x4f, 0xc3,
     0xad, 0x9b, 0xc1, 0xff, 0x0e, 0xa6, 0x75, 0xec}};

constexpr std::int64_t us_per_ms = 1000;
constexpr std::int64_t time_ms_max = (std::int64_t{1} << 48) - 1;

}  // namespace

Uuid ReadingIds::from_key(std::string_view key, std::uint32_t position, std::string_view content,
                          std::optional<std::int64_t> timestamp_us) {
    begin('k', key);
    add(position);
    return end(content, timestamp_us);
}

Uuid ReadingIds::from_own_id(std::string_view own_id, std::string_view content,
                             std::optional<std::int64_t> timestamp_us) {
    begin('r', own_id);
    return end(content, timestamp_us);
}

void ReadingIds::begin(char kind, std::string_view name) {
    input_.assign(1, kind);
    add(name.size());
    input_ += name;
}

void ReadingIds::add(std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) input_ += static_cast<char>(number >> shift);
}

Uuid ReadingIds::end(std::string_view content, std::optional<std::int64_t> timestamp_us) {
    input_ += content;
    // Boost's generator marks the hash as version 5, in 6 bits that are marked again below.
    const auto hash = boost::uuids::name_generator_sha1(name_space)(input_.data(), input_.size());
    Uuid id;
    std::copy(hash.begin(), hash.end(), id.begin());
    if (timestamp_us && *timestamp_us >= 0) {
        const std::int64_t ms = std::min(*timestamp_us / us_per_ms, time_ms_max);
        for (std::size_t i = 0; i < 6; ++i) {
            id[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
        }
    }
    id[6] = static_cast<std::uint8_t>(0x80 | (id[6] & 0x0F));
    return id;
}

}  // namespace ingest::decode
