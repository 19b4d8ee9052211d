#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace ingest::postgres_sink {

// Bounds how long a call into libpqxx may block on its connection. libpqxx waits in libpq without
// a limit, and neither statement_timeout nor tcp_user_timeout helps when the server's process is
// stopped while its kernel still acknowledges. When the time is up the socket is shut down; libpq
// then returns at once with a broken connection.
//
// Owns a duplicate of the socket, so that it can never hit a descriptor that was closed and used
// again, a timer, and one thread that sleeps until the timer fires. Belongs to one connection; arm
// and disarm on the connection's thread.
class Watchdog {
public:
    // Throws std::system_error when the system has no descriptor or thread left.
    explicit Watchdog(int socket);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    void arm(std::chrono::nanoseconds limit) noexcept;
    void disarm() noexcept { arm(std::chrono::nanoseconds(0)); }
    // Whether the time ran out and the connection was cut. It stays so.
    bool fired() const noexcept { return fired_.load(std::memory_order_relaxed); }

private:
    // A file descriptor, closed with this.
    class Descriptor {
    public:
        Descriptor(int number, const char* what);
        ~Descriptor();
        Descriptor(const Descriptor&) = delete;
        Descriptor& operator=(const Descriptor&) = delete;
        int number() const noexcept { return number_; }

    private:
        int number_;
    };

    void run() noexcept;

    Descriptor socket_;
    Descriptor timer_;
    Descriptor stop_;
    std::atomic<bool> fired_{false};
    std::thread thread_;
};

}  // namespace ingest::postgres_sink
