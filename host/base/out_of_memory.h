#pragma once

namespace ingest {

// Ends the process by abort(), because an allocation failed: unwinding from the middle of what
// holds several clients' readings could falsify some, and going without it could leave others
// unanswered for ever. A manager starts it again, and the spool has all that was acknowledged.
// Any thread.
[[noreturn]] void end_out_of_memory() noexcept;

// Whether that is why the process is ending. Async-signal-safe.
bool is_out_of_memory() noexcept;

}  // namespace ingest
