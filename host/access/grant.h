#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingest::access {

// What somebody may do. None implies another.
enum class Scope : std::uint8_t {
    ingest = 1,  // send readings
    read = 2,    // ask for readings, and for what would become of one
    admin = 4,   // see how the host is made up
};

inline constexpr std::array<Scope, 3> all_scopes{Scope::ingest, Scope::read, Scope::admin};

std::string_view word_of(Scope scope) noexcept;
std::optional<Scope> scope_of(std::string_view word) noexcept;

class Scopes {
public:
    void add(Scope scope) noexcept { bits_ |= static_cast<std::uint8_t>(scope); }
    bool has(Scope scope) const noexcept {
        return (bits_ & static_cast<std::uint8_t>(scope)) != 0;
    }
    bool empty() const noexcept { return bits_ == 0; }
    std::string text() const;  // "ingest,read"
    friend bool operator==(const Scopes&, const Scopes&) = default;

private:
    std::uint8_t bits_ = 0;
};

// Equipment ids, as they are stored, may be in upper case whatever was sent.
enum class IdCase { as_sent, upper };

// What somebody may do, and to which equipment.
struct Grant {
    Scopes scopes;
    std::vector<std::string> prefixes;  // of equipment ids; empty: all equipment

    bool covers(std::string_view equipment_id, IdCase id_case) const noexcept;
    friend bool operator==(const Grant&, const Grant&) = default;
};

// 1 to 64 visible ASCII characters without a comma.
bool is_prefix(std::string_view text) noexcept;
inline constexpr std::size_t prefixes_max = 100;

}  // namespace ingest::access
