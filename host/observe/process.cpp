#include "observe/process.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace ingest::observe {
namespace {

// Seconds since the epoch at which the machine started.
double boot_time() {
    std::ifstream file("/proc/stat");
    std::string line;
    while (std::getline(file, line)) {
        if (line.starts_with("btime ")) return std::stod(line.substr(6));
    }
    return 0;
}

// Fields of /proc/self/stat from the third on, see proc(5): the name before them may hold anything.
void read_stat(Process& process) {
    std::ifstream file("/proc/self/stat");
    std::string text;
    std::getline(file, text);
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) return;
    std::istringstream fields(text.substr(name_end + 1));
    std::string state;
    fields >> state;
    const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    std::int64_t value = 0;
    for (int field = 4; field <= 24 && fields >> value; ++field) {
        switch (field) {
            case 14:
            case 15: process.cpu_seconds += static_cast<double>(value) / ticks; break;
            case 20: process.threads = static_cast<std::uint64_t>(value); break;
            case 22:
                process.start_time_seconds = boot_time() + static_cast<double>(value) / ticks;
                break;
            case 23: process.virtual_bytes = static_cast<std::uint64_t>(value); break;
            case 24: process.resident_bytes = static_cast<std::uint64_t>(value) * page; break;
            default: break;
        }
    }
}

std::uint64_t open_fds() {
    std::uint64_t count = 0;
    std::error_code error;
    std::filesystem::directory_iterator at("/proc/self/fd", error);
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) ++count;
    return count == 0 ? 0 : count - 1;  // without the one that reads this
}

}  // namespace

Process this_process() {
    Process process;
    read_stat(process);
    process.open_fds = open_fds();
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) process.max_fds = limit.rlim_cur;
    return process;
}

}  // namespace ingest::observe
