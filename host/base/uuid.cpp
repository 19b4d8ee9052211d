#include "base/uuid.h"

#include <bit>
#include <random>

namespace ingest {

void append_text(std::string& out, const Uuid& uuid) {
    static constexpr char hex[] = "0123456789abcdef";
    char text[36];
    char* at = text;
    for (size_t i = 0; i < uuid.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = hex[uuid[i] >> 4];
        *at++ = hex[uuid[i] & 15];
    }
    out.append(text, sizeof text);
}

std::string to_text(const Uuid& uuid) {
    std::string text;
    append_text(text, uuid);
    return text;
}

UuidSource::UuidSource() {
    std::random_device device;
    for (std::uint64_t& word : state_) {
        word = static_cast<std::uint64_t>(device()) << 32 | device();
    }
    state_[0] |= 1;  // xoshiro must not start at all zeros
}

// xoshiro256++ by Blackman and Vigna: fast, and 256 bits of system randomness make two sources
// differ. Ids need to be unique, not secret.
std::uint64_t UuidSource::random() noexcept {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

Uuid UuidSource::next(std::int64_t now_ms) noexcept {
    // 42 counter bits follow the time: 12 in rand_a, 30 at the head of rand_b. The top one starts
    // at zero, so 2^41 ids fit into a millisecond. A clock that goes back does not move us back.
    if (now_ms > last_ms_) {
        last_ms_ = now_ms;
        counter_ = random() >> 23;
    } else if ((++counter_ >> 42) != 0) {
        ++last_ms_;
        counter_ = random() >> 23;
    }
    const auto ms = static_cast<std::uint64_t>(last_ms_);
    const std::uint64_t tail = random();
    Uuid id;
    for (size_t i = 0; i < 6; ++i) id[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    id[6] = static_cast<std::uint8_t>(0x70 | (counter_ >> 38));
    id[7] = static_cast<std::uint8_t>(counter_ >> 30);
    id[8] = static_cast<std::uint8_t>(0x80 | (counter_ >> 24 & 0x3F));
    id[9] = static_cast<std::uint8_t>(counter_ >> 16);
    id[10] = static_cast<std::uint8_t>(counter_ >> 8);
    id[11] = static_cast<std::uint8_t>(counter_);
    for (size_t i = 0; i < 4; ++i) id[12 + i] = static_cast<std::uint8_t>(tail >> (8 * i));
    return id;
}

}  // namespace ingest
