#pragma once

#include <cstdint>

namespace ingest::observe {

// What the kernel says of this process; 0 where it says nothing.
struct Process {
    double start_time_seconds = 0;  // since the epoch
    double cpu_seconds = 0;         // user and system
    std::uint64_t resident_bytes = 0;
    std::uint64_t virtual_bytes = 0;
    std::uint64_t threads = 0;
    std::uint64_t open_fds = 0;
    std::uint64_t max_fds = 0;
};

// Reads /proc; some tens of microseconds, and more with thousands of connections. Any thread.
Process this_process();

}  // namespace ingest::observe
