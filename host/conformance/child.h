#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ingest::conformance {

// How a child process ended, and what it left.
struct ChildEnd {
    enum class How { returned, exited, killed, timed_out, not_started };
    How how = How::returned;
    int number = 0;                   // exit status, signal, or the errno of what failed
    std::string result = {};          // what its work returned; empty unless How::returned
    std::string printed = {};         // to its standard output or error, past the log
    std::vector<std::string> logged;  // through the host's log
    std::string doing = {};           // last (whereabouts.h)
    std::string fault = {};           // what it was killed for, as far as its handler knew
    double seconds = 0;
    double cpu_seconds = 0;
    std::uint64_t memory_bytes = 0;  // at most, of all its memory
};

// Runs `work` in a child process, for `limit` at most: then it is killed. The child logs nothing to
// the terminal, leaves no core file, and no process of its group behind. REQUIRES: one thread.
ChildEnd run_in_child(std::chrono::milliseconds limit, const std::function<std::string()>& work);

}  // namespace ingest::conformance
