#pragma once

#include <cstddef>
#include <cstdint>

namespace ingest::conformance {

// Memory whose neighbours are guards: what a handler of SIGSEGV may tell of. `name` is static or
// lives as long as the region is known.
struct FencedRegion {
    std::uintptr_t fence_begin;  // the guard in front of it
    std::uintptr_t begin;
    std::uintptr_t end;
    std::uintptr_t fence_end;  // behind the guard at its end
    const char* name;          // "the values of column 'temperature'"
};

// Child: from here on a crash says in the whereabouts what it was about: which fenced memory was
// written to, or that the stack is used up. Then the process dies of the signal.
void install_fault_report();

// At most 1024 at a time; what is beyond that is guarded all the same. One thread at a time.
void know_region(const FencedRegion& region) noexcept;
void forget_regions() noexcept;

}  // namespace ingest::conformance
