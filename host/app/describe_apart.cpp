#include "app/describe_apart.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "plugin/library.h"

namespace ingest::app {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

// Far more than any manifest; a child that goes on is not listened to.
constexpr std::size_t answer_bytes_max = 16 * 1024 * 1024;

ordered_json describe(const plugin::Library& library) {
    const plugin::Identity& identity = library.identity();
    const plugin::Manifest& manifest = library.manifest();
    ordered_json issues = ordered_json::array();
    for (const plugin::Manifest::Issue& issue : manifest.issues) {
        issues.push_back({{"code", issue.code}, {"description", issue.description}});
    }
    return {{"id", identity.id},
            {"version", identity.version},
            {"kind", manifest.kind == plugin::Kind::sink ? "sink" : "validator"},
            {"description", identity.description},
            {"abi", "1." + std::to_string(identity.built_minor)},
            {"file", library.file().string()},
            {"sha256", library.digest()},
            {"shared_state", manifest.shared_state},
            {"answers_queries", library.query().has_value()},
            {"reads", manifest.reads},
            {"writes", manifest.writes},
            {"options", manifest.options},
            {"issues", issues}};
}

void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

// The child's life. It ends with _exit: destructors of what the plugin left are not its business.
[[noreturn]] void answer(const std::filesystem::path& file, const std::string& id, int to) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ordered_json said;
    try {
        const auto library = plugin::Library::load(file, id);
        if (library) said["plugin"] = describe(**library);
        else said["refused"] = library.error().message;
    } catch (const std::exception& e) {
        said["refused"] = "it cannot be described: " + std::string(e.what());
    }
    write_all(to, said.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    ::_exit(0);
}

// Until the end, or nothing when that does not come in time.
std::optional<std::string> read_answer(int from, Clock::time_point deadline) {
    std::string text;
    std::array<char, 16 * 1024> block;
    while (text.size() <= answer_bytes_max) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return std::nullopt;
        pollfd waiting{from, POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) continue;
        const ssize_t size = ::read(from, block.data(), block.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) break;
        text.append(block.data(), static_cast<std::size_t>(size));
    }
    return text;
}

// How a child ended that gave no answer.
std::string end_of(int status) {
    if (WIFSIGNALED(status)) {
        const char* name = ::sigabbrev_np(WTERMSIG(status));
        return "it crashes when it is loaded (" +
               (name == nullptr ? "signal " + std::to_string(WTERMSIG(status))
                                : "SIG" + std::string(name)) +
               "); the host would crash too";
    }
    return "it ends the process when it is loaded (exit status " +
           std::to_string(WEXITSTATUS(status)) + "); the host would end too";
}

}  // namespace

Result<ordered_json> describe_apart(const std::filesystem::path& file, const std::string& id,
                                    std::chrono::milliseconds patience) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os_error("cannot make a pipe", errno);
    const Descriptor from(ends[0]);
    std::optional<Descriptor> to(ends[1]);
    const auto deadline = Clock::now() + patience;
    const pid_t child = ::fork();
    if (child < 0) return os_error("cannot start a process to look at " + file.string(), errno);
    if (child == 0) answer(file, id, to->get());
    to.reset();
    const std::optional<std::string> text = read_answer(from.get(), deadline);
    // It has ended or is about to, unless it hangs; then this is what ends it.
    if (!text || !ordered_json::accept(*text)) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!text) {
        return Error{file.string() + ": loading it took longer than " +
                     std::to_string(patience.count()) + " ms; it must not block"};
    }
    const ordered_json said = ordered_json::parse(*text, nullptr, false);
    if (const auto found = said.find("plugin"); said.is_object() && found != said.end()) {
        return *found;
    }
    if (const auto found = said.find("refused"); said.is_object() && found != said.end()) {
        return Error{found->get<std::string>()};
    }
    return Error{file.string() + ": " + end_of(status)};
}

}  // namespace ingest::app
