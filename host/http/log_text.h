#pragma once

#include <cstddef>
#include <string_view>

namespace ingest::http {

// How much of a client's text a line of the log has. With a few of them, each byte escaped, it
// stays below 16 KiB, of which container runtimes make two lines; journald does so of 48 KiB.
inline constexpr std::size_t log_text_bytes_max = 512;

inline std::string_view cut_for_log(std::string_view text) noexcept {
    return text.substr(0, log_text_bytes_max);
}

}  // namespace ingest::http
