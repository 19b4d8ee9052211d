#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "base/error.h"

// Socket activation as systemd passes it, sd_listen_fds(3): LISTEN_PID says for whom the sockets
// are, LISTEN_FDS how many there are, from descriptor 3 on.
namespace ingest::app {

// A variable's value, once: it is unset, so that it is for this process alone. Main thread, before
// any other.
std::optional<std::string> taken_from_environment(const char* name);

// The values of the two variables as they were found.
struct PassedSockets {
    std::optional<std::string> pid;
    std::optional<std::string> count;
};

// The descriptor, or nothing: none was passed, or to another process, whose child we are. An error
// if it cannot be told, or if there is more than one. Pure; `self` is our process id.
Result<std::optional<int>> find_passed_socket(const PassedSockets& passed, pid_t self);

// The same from the environment, once: the variables are unset, so that nobody below takes the
// socket for its own, and the descriptors are closed on exec. Main thread, before any other.
Result<std::optional<int>> take_passed_socket();

}  // namespace ingest::app
