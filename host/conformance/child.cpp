#include "conformance/child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/descriptor.h"
#include "base/log.h"
#include "conformance/fault_report.h"
#include "conformance/whereabouts.h"

namespace ingest::conformance {
namespace {

using Clock = std::chrono::steady_clock;

// In the place of the service's name: what a line of the log is known by.
constexpr std::string_view log_name = "ingest-check";
constexpr std::size_t printed_bytes_max = 64U << 10;

struct Pipe {
    Descriptor from;
    Descriptor to;
    bool open() {
        std::array<int, 2> ends{-1, -1};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
        from = Descriptor(ends[0]);
        to = Descriptor(ends[1]);
        return true;
    }
};

void write_all(int fd, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) return;
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

[[noreturn]] void be_child(const Pipe& result, const Pipe& output,
                           const std::function<std::string()>& work) {
    ::setpgid(0, 0);
    // It does not outlive a parent that is killed.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::dup2(output.to.get(), STDOUT_FILENO);
    ::dup2(output.to.get(), STDERR_FILENO);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
    log::Options options;
    options.level = log::Level::debug;
    options.service = log_name;
    log::configure(options);
    install_fault_report();
    write_all(result.to.get(), work());
    std::fflush(nullptr);
    // Without destructors: a plugin's code may still be there, and threads of its own.
    ::_exit(0);
}

// Reads what there is; false at the end.
bool take(int fd, std::string& to) {
    std::array<char, 16384> bytes;
    const ssize_t size = ::read(fd, bytes.data(), bytes.size());
    if (size < 0) return errno == EINTR || errno == EAGAIN;
    to.append(bytes.data(), static_cast<std::size_t>(size));
    return size > 0;
}

// Until both pipes are at their end or the time is up. A process that the plugin started may hold
// `output` open for ever, so the end of `result` is what counts. False: the time is up.
bool collect(Pipe& result, Pipe& output, Clock::time_point deadline, ChildEnd& end) {
    std::array<pollfd, 2> watched{{{result.from.get(), POLLIN, 0}, {output.from.get(), POLLIN, 0}}};
    while (watched[0].fd >= 0) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return false;
        if (::poll(watched.data(), watched.size(), static_cast<int>(left.count())) < 0) continue;
        if (watched[0].revents != 0 && !take(watched[0].fd, end.result)) watched[0].fd = -1;
        if (watched[1].revents != 0 && !take(watched[1].fd, end.printed)) watched[1].fd = -1;
        if (end.printed.size() > printed_bytes_max) watched[1].fd = -1;
    }
    return true;
}

void take_the_rest(const Pipe& output, ChildEnd& end) {
    ::fcntl(output.from.get(), F_SETFL, O_NONBLOCK);
    std::size_t before = 0;
    do {
        before = end.printed.size();
        if (!take(output.from.get(), end.printed)) break;
    } while (end.printed.size() > before && before < printed_bytes_max);
}

// Takes the lines of the log out of what was printed.
void part_log(ChildEnd& end) {
    std::string rest;
    std::string_view text = end.printed;
    while (!text.empty()) {
        const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
        const std::string_view line = text.substr(0, size);
        text.remove_prefix(size);
        const auto json = nlohmann::json::parse(line, nullptr, false);
        if (json.is_object() && json.value("service", "") == log_name) {
            end.logged.push_back(json.value("message", ""));
        } else {
            rest += line;
        }
    }
    end.printed = std::move(rest);
}

// A process that stopped writing its result but does not end is killed at the deadline too.
void wait_for_end(pid_t child, Clock::time_point deadline, ChildEnd& end) {
    int status = 0;
    rusage used{};
    siginfo_t ended{};
    while (end.how != ChildEnd::How::timed_out) {
        ended.si_pid = 0;
        if (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid == child)
            break;
        if (Clock::now() > deadline) end.how = ChildEnd::How::timed_out;
        ::poll(nullptr, 0, 1);
    }
    // What it started goes with it.
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);
    while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
    }
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    end.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
    end.memory_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
    if (end.how == ChildEnd::How::timed_out) return;
    if (WIFSIGNALED(status)) {
        end.how = ChildEnd::How::killed;
        end.number = WTERMSIG(status);
    } else if (WEXITSTATUS(status) != 0 || end.result.empty()) {
        end.how = ChildEnd::How::exited;
        end.number = WEXITSTATUS(status);
    }
}

}  // namespace

ChildEnd run_in_child(std::chrono::milliseconds limit, const std::function<std::string()>& work) {
    ChildEnd end;
    Pipe result;
    Pipe output;
    const auto begun = Clock::now();
    const auto deadline = begun + limit;
    Whereabouts& shared = share_whereabouts();
    std::fflush(nullptr);
    const pid_t child = result.open() && output.open() ? ::fork() : -1;
    if (child < 0) {
        end.how = ChildEnd::How::not_started;
        end.number = errno;
        return end;
    }
    if (child == 0) be_child(result, output, work);
    ::setpgid(child, child);
    result.to = Descriptor();
    output.to = Descriptor();
    if (!collect(result, output, deadline, end)) end.how = ChildEnd::How::timed_out;
    wait_for_end(child, deadline, end);
    take_the_rest(output, end);
    part_log(end);
    if (end.how != ChildEnd::How::returned) end.result.clear();
    end.doing = shared.doing;
    end.fault = shared.fault;
    end.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    return end;
}

}  // namespace ingest::conformance
