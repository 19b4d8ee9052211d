#pragma once

#include <sys/resource.h>

namespace ingest::app {

// What the kernel gives away of this process's memory, where the secrets of its configuration are:
// core files, and to other processes of its user debuggers and /proc/PID/{mem,maps,environ}. None
// of it from the constructor on, before a secret is read. Owned by serve. Main thread.
class Dumps {
public:
    Dumps() noexcept;
    // From now on, or no more. A warning in the log when it begins.
    void allow(bool allowed) noexcept;

private:
    rlimit core_files_{};  // as found
    bool allowed_ = false;
};

}  // namespace ingest::app
