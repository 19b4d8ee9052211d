#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include <ingest/plugin/status.h>

namespace ingest::plugin {

// How a call into a plugin ended: one of the ABI's codes, and the plugin's words when not OK.
struct Answer {
    std::int32_t code = INGEST_OK;
    std::string message = {};
    bool ok() const noexcept { return code == INGEST_OK; }
};

// The caller's side of an ingest_error.
class ErrorSlot {
public:
    ErrorSlot() noexcept { slot_.struct_size = sizeof slot_; }
    ingest_error* get() noexcept { return &slot_; }

    // Codes that the ABI does not know are a bug of the plugin; the message is taken up to its
    // terminator, which a faulty plugin may have forgotten.
    Answer answer(std::int32_t code) const {
        if (code == INGEST_OK) return {};
        const char* end = std::find(slot_.message, slot_.message + sizeof slot_.message, '\0');
        std::string message(slot_.message, end);
        if (code < INGEST_OK || code > INGEST_INTERNAL) {
            message = "returned the unknown code " + std::to_string(code) +
                      (message.empty() ? "" : ": " + message);
            code = INGEST_INTERNAL;
        }
        return {code, std::move(message)};
    }

private:
    ingest_error slot_{};
};

}  // namespace ingest::plugin
