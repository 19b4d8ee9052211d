#pragma once

#include <cstdint>

namespace ingest::bench {

// Calls of operator new since the process began, by all threads and all libraries, plugins too.
// Programs that link allocations.cpp have it in place of the standard library's. Any thread.
std::uint64_t allocations() noexcept;

}  // namespace ingest::bench
