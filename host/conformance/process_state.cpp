#include "conformance/process_state.h"

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

// Where a sanitizer has its own allocator, it knows.
extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();

namespace ingest::conformance {
namespace {

namespace fs = std::filesystem;

void look_at_signals(std::map<std::string, std::string>& settings) {
    sigset_t blocked;
    ::sigemptyset(&blocked);
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    for (int signal = 1; signal < NSIG; ++signal) {
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) != 0) continue;
        const char* abbreviated = ::sigabbrev_np(signal);
        const std::string name =
            abbreviated == nullptr ? std::to_string(signal) : "SIG" + std::string(abbreviated);
        std::string what = "caught by a handler";
        if (action.sa_handler == SIG_DFL) what = "left alone";
        if (action.sa_handler == SIG_IGN) what = "ignored";
        // A handler that replaced another.
        if (what[0] == 'c') {
            what += " at " + std::to_string(reinterpret_cast<std::uintptr_t>(action.sa_handler));
        }
        settings["the signal " + name] = what;
        settings["the mask of " + name] = ::sigismember(&blocked, signal) == 1 ? "blocked" : "open";
    }
}

void look_at_environment(std::map<std::string, std::string>& settings) {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const std::size_t equals = std::min(text.find('='), text.size());
        settings["the environment's " + text.substr(0, equals)] = text.substr(equals);
    }
}

}  // namespace

ProcessState look_at_process() {
    ProcessState state;
    const char* locale = std::setlocale(LC_ALL, nullptr);
    state.settings["the locale"] = locale == nullptr ? "unknown" : locale;
    const mode_t mask = ::umask(077);
    ::umask(mask);
    state.settings["the umask"] = std::to_string(mask);
    std::error_code failed;
    state.settings["the working directory"] = fs::current_path(failed).string();
    look_at_environment(state.settings);
    look_at_signals(state.settings);
    for (const auto& entry : fs::directory_iterator("/proc/self/fd", failed)) {
        std::error_code gone;  // the iterator's own
        const std::string target = fs::read_symlink(entry.path(), gone).string();
        const bool own = target.starts_with("/proc/") && target.ends_with("/fd");
        if (gone || own || target.starts_with("/memfd:")) continue;
        state.descriptors[std::atoi(entry.path().filename().c_str())] = target;
    }
    for (const auto& entry : fs::directory_iterator("/proc/self/task", failed)) {
        state.threads.push_back(entry.path().filename().string());
    }
    return state;
}

std::vector<std::string> changes_of(const ProcessState& before, const ProcessState& after,
                                    const Compared& compared) {
    std::vector<std::string> changes;
    for (const auto& [name, value] : after.settings) {
        const auto was = before.settings.find(name);
        if (was != before.settings.end() && was->second == value) continue;
        // Values of the environment may be secrets.
        const bool shown = name.find("environment") == std::string::npos;
        changes.push_back(name + (shown ? " is now " + value : " was changed") +
                          (shown && was != before.settings.end() ? " (it was " + was->second + ")"
                                                                 : ""));
    }
    for (const auto& [name, value] : before.settings) {
        if (!after.settings.contains(name)) changes.push_back(name + " was removed");
    }
    for (const auto& [number, target] : after.descriptors) {
        const auto was = before.descriptors.find(number);
        const bool counts = compared.descriptors || target.starts_with("socket:");
        if (counts && (was == before.descriptors.end() || was->second != target)) {
            changes.push_back("descriptor " + std::to_string(number) + " leads to " + target +
                              " and was left open");
        }
    }
    for (const auto& [number, target] : before.descriptors) {
        if (!after.descriptors.contains(number)) {
            changes.push_back("descriptor " + std::to_string(number) + " (" + target +
                              "), which is not its own, was closed");
        }
    }
    const auto more = static_cast<std::ptrdiff_t>(std::ranges::count_if(
        after.threads, [&](const std::string& id) {
            return std::ranges::count(before.threads, id) == 0;
        }));
    if (compared.threads && more > 0) {
        changes.push_back(std::to_string(more) + (more == 1 ? " thread runs" : " threads run") +
                          " that it started");
    }
    return changes;
}

std::size_t allocated_bytes() {
    if (__sanitizer_get_current_allocated_bytes != nullptr) {
        return __sanitizer_get_current_allocated_bytes();
    }
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

}  // namespace ingest::conformance
