#pragma once

namespace ingest::conformance {

// Sanitizers make everything slower, and stacks larger, by about this.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
inline constexpr int patience = 8;
#else
inline constexpr bool sanitized = false;
inline constexpr int patience = 1;
#endif

// A call that may not block must return in this time on a machine that is not busy; the fastest of
// three tries counts. The host's own watch reports calls from a second on.
inline constexpr double prompt_seconds = 1.0 * patience;

}  // namespace ingest::conformance
