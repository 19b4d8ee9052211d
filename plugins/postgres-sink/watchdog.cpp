#include "postgres-sink/watchdog.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace ingest::postgres_sink {

Watchdog::Descriptor::Descriptor(int number, const char* what) : number_(number) {
    if (number < 0) throw std::system_error(errno, std::generic_category(), what);
}

Watchdog::Descriptor::~Descriptor() { close(number_); }

Watchdog::Watchdog(int socket)
    : socket_(fcntl(socket, F_DUPFD_CLOEXEC, 0), "duplicating the connection's socket"),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "making a timer"),
      stop_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "making an event") {
    // The process's signals are the host's business; its threads take them.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        thread_ = std::thread(&Watchdog::run, this);
    } catch (...) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Watchdog::~Watchdog() {
    const std::uint64_t one = 1;
    // Cannot fail: the counter of a fresh event has room.
    [[maybe_unused]] const ssize_t written = write(stop_.number(), &one, sizeof one);
    thread_.join();
}

void Watchdog::arm(std::chrono::nanoseconds limit) noexcept {
    constexpr std::int64_t second = 1'000'000'000;
    itimerspec spec{};
    spec.it_value.tv_sec = limit.count() / second;
    spec.it_value.tv_nsec = limit.count() % second;
    timerfd_settime(timer_.number(), 0, &spec, nullptr);
}

void Watchdog::run() noexcept {
    std::array<pollfd, 2> waits{pollfd{timer_.number(), POLLIN, 0},
                                pollfd{stop_.number(), POLLIN, 0}};
    while (true) {
        if (poll(waits.data(), waits.size(), -1) < 0) continue;  // EINTR
        if (waits[1].revents != 0) return;
        std::uint64_t expirations = 0;
        // Fails when it was disarmed between the two calls.
        if (read(timer_.number(), &expirations, sizeof expirations) < 0) continue;
        fired_.store(true, std::memory_order_relaxed);
        shutdown(socket_.number(), SHUT_RDWR);
    }
}

}  // namespace ingest::postgres_sink
