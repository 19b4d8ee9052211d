// What a plugin's class throws, and the views of text that everything else here uses.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ingest/plugin.h"

namespace ingest::sdk {

inline ingest_str to_str(std::string_view text) noexcept { return {text.data(), text.size()}; }

inline std::string_view to_view(ingest_str text) noexcept {
    return text.size == 0 ? std::string_view{} : std::string_view{text.data, text.size};
}

// Ends a call with a certain code. Any other exception becomes INGEST_INTERNAL. The message is for
// operators: no secrets.
class Error : public std::runtime_error {
public:
    Error(int32_t code, const std::string& message) : std::runtime_error(message), code_(code) {}
    int32_t code() const noexcept { return code_; }

private:
    int32_t code_;
};

// The options can never work; from constructors only. `option` is the JSON pointer of the one that
// is wrong ("/temperature/min"): the host then shows the line of its configuration. Or "".
inline Error config_error(std::string_view option, std::string_view message) {
    std::string text(option);
    if (!text.empty()) text += ": ";
    return {INGEST_CONFIG, text.append(message)};
}
// Not now; the host calls again later, for ever.
inline Error retry(const std::string& message) { return {INGEST_RETRY, message}; }
// Some row of this write can never be taken. The host finds out which.
inline Error reject(const std::string& message) { return {INGEST_REJECT, message}; }
// Cannot work until a person acts. The host tries again all the same, and says so loudly.
inline Error fatal(const std::string& message) { return {INGEST_FATAL, message}; }
// The deadline passed; as retry.
inline Error timeout(const std::string& message) { return {INGEST_TIMEOUT, message}; }

}  // namespace ingest::sdk
