#include "app/passed_socket.h"

#include <charconv>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace ingest::app {
namespace {

constexpr int first_descriptor = 3;  // SD_LISTEN_FDS_START

std::optional<int> number_of(const std::string& text) {
    int value = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::string> taken_from_environment(const char* name) {
    const char* value = std::getenv(name);
    std::optional<std::string> taken;
    if (value != nullptr) taken = value;
    ::unsetenv(name);
    return taken;
}

Result<std::optional<int>> find_passed_socket(const PassedSockets& passed, pid_t self) {
    if (!passed.pid || !passed.count) return std::optional<int>();
    const auto pid = number_of(*passed.pid);
    if (!pid) return Error{"LISTEN_PID is '" + *passed.pid + "', not a process id"};
    if (*pid != self) return std::optional<int>();
    const auto count = number_of(*passed.count);
    if (!count) return Error{"LISTEN_FDS is '" + *passed.count + "', not a number of sockets"};
    if (*count == 0) return std::optional<int>();
    if (*count > 1) {
        return Error{*passed.count + " sockets were passed (LISTEN_FDS); the host serves one"};
    }
    return std::optional<int>(first_descriptor);
}

Result<std::optional<int>> take_passed_socket() {
    PassedSockets passed;
    passed.pid = taken_from_environment("LISTEN_PID");
    passed.count = taken_from_environment("LISTEN_FDS");
    ::unsetenv("LISTEN_FDNAMES");
    const auto found = find_passed_socket(passed, ::getpid());
    if (!found || !*found) return found;
    const int flags = ::fcntl(**found, F_GETFD);
    if (flags < 0 || ::fcntl(**found, F_SETFD, flags | FD_CLOEXEC) != 0) {
        return Error{"a socket was announced (LISTEN_FDS), but descriptor 3 is not open"};
    }
    return found;
}

}  // namespace ingest::app
