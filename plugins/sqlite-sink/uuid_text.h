#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ingest::sqlite_sink {

// "0190f3c4-8f3b-7a51-9c1e-3f6d2b7a9e10"
struct UuidText {
    char text[36];
    std::string_view view() const noexcept { return {text, sizeof text}; }
};

UuidText to_uuid_text(std::span<const uint8_t, 16> uuid) noexcept;

// 32 digits in either case, with dashes anywhere or nowhere.
std::optional<std::array<uint8_t, 16>> read_uuid_text(std::string_view text) noexcept;

}  // namespace ingest::sqlite_sink
