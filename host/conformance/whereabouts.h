#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// What a child process is doing, in memory that its parent shares: a plugin that crashes or hangs
// takes all other ways of telling with it. One for the process, because signal handlers write to
// it too.
namespace ingest::conformance {

struct Whereabouts {
    char doing[200];  // NUL-terminated: "validate with 100 rows"
    char fault[200];  // what a crash was about; empty: nothing is known of it
};

// Parent, before it forks: makes the memory that the next child will share. Emptied each time.
Whereabouts& share_whereabouts();

// Child: from here on it does this. Any thread.
void now_doing(std::string_view what) noexcept;
// Child, for handlers of signals: allocates nothing.
void set_fault(const char* what, const char* which) noexcept;

}  // namespace ingest::conformance
