#include "base/crash_point.h"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>

#include <unistd.h>

namespace ingest {
namespace {

constexpr std::size_t none = crash_point_names.size();

// The process dies of one point, so these belong to the process.
std::atomic<std::size_t> armed = none;
std::atomic<std::uint64_t> passes_left = 0;

Error refused(std::string_view request) {
    std::string names;
    for (const std::string_view name : crash_point_names) names.append(" ").append(name);
    return Error{"INGEST_CRASH_AT='" + std::string(request) +
                 "' is not NAME or NAME:COUNT with one of these names:" + names};
}

}  // namespace

void pass_crash_point(CrashPoint point) noexcept {
    if (point.index() != armed || passes_left.fetch_sub(1) != 1) return;
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();  // the signal may take this thread last
}

Result<void> arm_crash_point(const char* request) {
    armed = none;
    if (request == nullptr || *request == '\0') return {};
    const std::string_view text(request);
    const std::string_view name = text.substr(0, text.find(':'));
    std::uint64_t passes = 1;
    if (name.size() < text.size()) {
        const char* end = text.data() + text.size();
        const auto read = std::from_chars(text.data() + name.size() + 1, end, passes);
        if (read.ec != std::errc() || read.ptr != end || passes == 0) return refused(text);
    }
    for (std::size_t i = 0; i < crash_point_names.size(); ++i) {
        if (crash_point_names[i] != name) continue;
        passes_left = passes;
        armed = i;
        return {};
    }
    return refused(text);
}

Result<void> arm_crash_point_from_environment() {
    return arm_crash_point(std::getenv("INGEST_CRASH_AT"));
}

}  // namespace ingest
