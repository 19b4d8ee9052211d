// Sends readings at times that do not depend on answers, as many clients do that know nothing of
// one another; bench/overload drives it. One thread that keeps a CPU busy.
//
//   open_loop PORT CONNECTIONS PATIENCE_MS RATE:SECONDS...
//
// RATE is of requests a second; each goes over whichever connection is free, and one for which none
// is counts as unsent. An answer that takes longer than PATIENCE_MS is given up, with its
// connection. Prints a line of JSON for each second, by when requests were due. Latencies count
// from when a request was due, in ms.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Of this machine's loopback network: so many connections come from each address, which is below
// what the host lets one have.
constexpr std::size_t connections_per_address = 200;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "open_loop: %s: %s\n", what.c_str(), std::strerror(errno));
    std::exit(1);
}

struct Connection {
    int descriptor = -1;
    bool waits = false;  // for an answer
    Clock::time_point due{};
    std::string answer;
};

struct Second {
    std::uint64_t due = 0;
    std::uint64_t unsent = 0;  // no connection was free
    std::uint64_t good = 0;
    std::uint64_t refused = 0;          // 503 and 429
    std::uint64_t without_retry_after = 0;  // of those
    std::uint64_t other = 0;
    std::uint64_t given_up = 0;
    std::uint64_t broken = 0;  // the connection ended
    std::vector<float> good_ms;
    std::vector<float> refused_ms;
};

double percentile(std::vector<float>& values, double share) {
    if (values.empty()) return 0;
    const auto at = static_cast<std::ptrdiff_t>(
        std::min(static_cast<double>(values.size()) - 1,
                 share * static_cast<double>(values.size())));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return static_cast<double>(values[static_cast<std::size_t>(at)]);
}

class Generator {
public:
    Generator(std::uint16_t port, std::size_t connections, milliseconds patience)
        : port_(port), patience_(patience), poll_(::epoll_create1(0)), connections_(connections) {
        if (poll_ < 0) fail("epoll_create1");
        for (std::size_t i = 0; i < connections; ++i) open(i);
    }

    void run(const std::vector<std::pair<double, double>>& phases) {
        begin_ = Clock::now();
        Clock::time_point phase_begin = begin_;
        for (const auto& [rate, seconds] : phases) {
            const auto end = phase_begin + duration_cast<nanoseconds>(
                                               std::chrono::duration<double>(seconds));
            Clock::time_point due = phase_begin;
            const auto gap = duration_cast<nanoseconds>(std::chrono::duration<double>(1 / rate));
            while (due < end) {
                const auto now = Clock::now();
                for (; due <= now && due < end; due += gap) send(due);
                take_answers();
                give_up();
            }
            phase_begin = end;
        }
        const auto last = Clock::now() + patience_;
        while (waiting_ > 0 && Clock::now() < last) take_answers();
    }

    void print() {
        for (std::size_t i = 0; i < seconds_.size(); ++i) {
            Second& s = seconds_[i];
            std::printf(
                "{\"second\": %zu, \"due\": %lu, \"unsent\": %lu, \"good\": %lu, \"refused\": %lu, "
                "\"without_retry_after\": %lu, \"other\": %lu, \"given_up\": %lu, \"broken\": %lu, "
                "\"good_p50\": %.2f, \"good_p99\": %.2f, \"refused_p50\": %.2f, "
                "\"refused_p99\": %.2f}\n",
                i, s.due, s.unsent, s.good, s.refused, s.without_retry_after, s.other, s.given_up,
                s.broken, percentile(s.good_ms, 0.5), percentile(s.good_ms, 0.99),
                percentile(s.refused_ms, 0.5), percentile(s.refused_ms, 0.99));
        }
    }

private:
    Second& second_of(Clock::time_point due) {
        const auto i =
            static_cast<std::size_t>(duration_cast<std::chrono::seconds>(due - begin_).count());
        if (i >= seconds_.size()) seconds_.resize(i + 1);
        return seconds_[i];
    }

    void open(std::size_t i) {
        Connection& connection = connections_[i];
        connection = {};
        connection.descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
        if (connection.descriptor < 0) fail("socket");
        sockaddr_in from{};
        from.sin_family = AF_INET;
        from.sin_addr.s_addr =
            htonl(INADDR_LOOPBACK + 1 + static_cast<std::uint32_t>(i / connections_per_address));
        const int on = 1;
        ::setsockopt(connection.descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        ::setsockopt(connection.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::bind(connection.descriptor, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0)
            fail("bind");
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        to.sin_port = htons(port_);
        if (::connect(connection.descriptor, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
            fail("connect");
        ::fcntl(connection.descriptor, F_SETFL, O_NONBLOCK);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(poll_, EPOLL_CTL_ADD, connection.descriptor, &event);
        free_.push_back(i);
    }

    void reopen(std::size_t i) {
        ::close(connections_[i].descriptor);
        std::erase(free_, i);
        open(i);
    }

    void send(Clock::time_point due) {
        Second& second = second_of(due);
        ++second.due;
        if (free_.empty()) {
            ++second.unsent;
            return;
        }
        const std::size_t i = free_.back();
        free_.pop_back();
        std::array<char, 512> body;
        const int body_size = std::snprintf(
            body.data(), body.size(),
            "{\"equipment_id\":\"PUMP-A%lu-%03lu\",\"temperature\":%lu.5,\"vibration\":0.5,"
            "\"pressure\":1.5,\"humidity\":40,\"voltage\":230,\"reading_id\":\"open-%d-%lu\"}",
            sent_ % 7, sent_ % 1000, 20 + sent_ % 100, ::getpid(), sent_);
        ++sent_;
        std::array<char, 1024> request;
        const int size = std::snprintf(
            request.data(), request.size(),
            "POST /api/v1/sensors/ingest HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            "Content-Length: %d\r\n\r\n%s",
            body_size, body.data());
        Connection& connection = connections_[i];
        connection.waits = true;
        connection.due = due;
        ++waiting_;
        oldest_.push_back({i, due});
        const auto written = ::send(connection.descriptor, request.data(),
                                    static_cast<std::size_t>(size), MSG_NOSIGNAL);
        if (written != size) end(i);
    }

    // The connection has ended, or makes no sense.
    void end(std::size_t i) {
        Connection& connection = connections_[i];
        if (connection.waits) {
            --waiting_;
            ++second_of(connection.due).broken;
        }
        reopen(i);
    }

    void take_answers() {
        std::array<epoll_event, 256> events;
        timespec pause{0, 100'000};
        const int count = ::epoll_pwait2(poll_, events.data(), static_cast<int>(events.size()),
                                         &pause, nullptr);
        for (int n = 0; n < count; ++n) {
            take(static_cast<std::size_t>(events[static_cast<std::size_t>(n)].data.u64));
        }
    }

    void take(std::size_t i) {
        Connection& connection = connections_[i];
        std::array<char, 8192> bytes;
        const auto size = ::recv(connection.descriptor, bytes.data(), bytes.size(), 0);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) return end(i);
        connection.answer.append(bytes.data(), static_cast<std::size_t>(size));
        const std::string_view answer = connection.answer;
        const auto head = answer.find("\r\n\r\n");
        if (head == std::string_view::npos) return;
        const auto length_at = answer.find("Content-Length: ");
        if (length_at == std::string_view::npos || length_at > head) return end(i);
        const auto length = static_cast<std::size_t>(
            std::strtoul(answer.data() + length_at + std::strlen("Content-Length: "), nullptr, 10));
        if (answer.size() < head + 4 + length) return;
        count(connection, answer.substr(0, head));
        const bool closes = answer.substr(0, head).find("Connection: close") !=
                            std::string_view::npos;
        connection.answer.clear();
        connection.waits = false;
        --waiting_;
        if (closes) reopen(i);
        else free_.push_back(i);
    }

    void count(const Connection& connection, std::string_view head) {
        Second& second = second_of(connection.due);
        const std::string_view status = head.substr(std::strlen("HTTP/1.1 "), 3);
        const auto ms = std::chrono::duration<float, std::milli>(Clock::now() - connection.due);
        if (status == "201" || status == "202") {
            ++second.good;
            second.good_ms.push_back(ms.count());
        } else if (status == "503" || status == "429") {
            ++second.refused;
            second.refused_ms.push_back(ms.count());
            if (head.find("Retry-After: ") == std::string_view::npos) ++second.without_retry_after;
        } else {
            ++second.other;
        }
    }

    void give_up() {
        const auto now = Clock::now();
        while (given_up_ < oldest_.size() && now - oldest_[given_up_].second > patience_) {
            const auto [i, due] = oldest_[given_up_++];
            if (!connections_[i].waits || connections_[i].due != due) continue;
            connections_[i].waits = false;
            --waiting_;
            ++second_of(due).given_up;
            reopen(i);
        }
    }

    const std::uint16_t port_;
    const milliseconds patience_;
    const int poll_;
    std::vector<Connection> connections_;
    std::vector<std::size_t> free_;
    std::vector<std::pair<std::size_t, Clock::time_point>> oldest_;  // in the order of sending
    std::size_t given_up_ = 0;  // of oldest_, those that were looked at
    std::size_t waiting_ = 0;
    std::uint64_t sent_ = 0;
    Clock::time_point begin_;
    std::vector<Second> seconds_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::fputs("usage: open_loop PORT CONNECTIONS PATIENCE_MS RATE:SECONDS...\n", stderr);
        return 2;
    }
    std::vector<std::pair<double, double>> phases;
    for (int i = 4; i < argc; ++i) {
        char* rest = nullptr;
        const double rate = std::strtod(argv[i], &rest);
        const double seconds = *rest == ':' ? std::strtod(rest + 1, nullptr) : 0;
        if (rate <= 0 || seconds <= 0) {
            std::fprintf(stderr, "open_loop: %s is not RATE:SECONDS\n", argv[i]);
            return 2;
        }
        phases.emplace_back(rate, seconds);
    }
    Generator generator(static_cast<std::uint16_t>(std::atoi(argv[1])),
                        static_cast<std::size_t>(std::atoi(argv[2])),
                        milliseconds(std::atoi(argv[3])));
    generator.run(phases);
    generator.print();
    return 0;
}
