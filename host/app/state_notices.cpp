#include "app/state_notices.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/passed_socket.h"
#include "base/time_text.h"

namespace ingest::app {
namespace {

// What is no number is 0, which neither of the variables may be.
std::int64_t number_of(const std::optional<std::string>& text) {
    std::int64_t value = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
}

}  // namespace

StateNotices::StateNotices() {
    const auto address = taken_from_environment("NOTIFY_SOCKET");
    const auto interval = taken_from_environment("WATCHDOG_USEC");
    const auto process = taken_from_environment("WATCHDOG_PID");
    if (!address || address->size() < 2 || address->size() >= sizeof(sockaddr_un::sun_path)) return;
    if (address->front() != '/' && address->front() != '@') return;
    socket_ = Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (socket_.get() < 0) return;
    address_ = *address;
    if (address_.front() == '@') address_.front() = '\0';  // an abstract name
    const std::chrono::microseconds patience(number_of(interval));
    if (patience.count() > 0 && (!process || number_of(process) == ::getpid())) {
        const auto half = std::chrono::duration_cast<std::chrono::milliseconds>(patience / 2);
        alive_every_ = std::clamp<std::chrono::milliseconds>(half, std::chrono::milliseconds(1),
                                                             std::chrono::hours(1));
    }
}

void StateNotices::reloading() const {
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_ns() / 1000));
}

void StateNotices::tell(std::string_view state) const {
    if (address_.empty()) return;
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address_.data(), address_.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    // It must not hold us up.
    ::sendto(socket_.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
             reinterpret_cast<const sockaddr*>(&to), size);
}

}  // namespace ingest::app
