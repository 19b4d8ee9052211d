#include "plugin/crash_report.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include <link.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/check.h"
#include "base/json_text.h"
#include "base/out_of_memory.h"
#include "base/time_text.h"

namespace ingest::plugin {
namespace {

struct Fatal {
    int number;
    const char* name;
};
constexpr std::array fatal_signals = std::to_array<Fatal>({
    {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"}, {SIGFPE, "SIGFPE"},
    {SIGABRT, "SIGABRT"},
});

// Where an opened plugin's code and data are.
struct Range {
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::uintptr_t> end{0};
    std::atomic<const Callee*> callee{nullptr};  // written last
};
constinit std::array<Range, 256> ranges{};
constinit std::atomic<std::size_t> range_count{0};

// What stands for a value in the line that was rendered beforehand.
constexpr std::string_view time_mark = "1970-01-01T00:00:00Z";
constexpr std::string_view message_mark = "@MESSAGE@";
constexpr std::string_view plugin_mark = "@PLUGIN@";
constexpr std::string_view function_mark = "@FUNCTION@";
constexpr std::string_view file_mark = "@FILE@";

// Everything that the handler touches. Strings have their room from the start, so that appending
// to them does not allocate. Never destroyed.
struct Prepared {
    int log_fd = -1;
    std::string form;
    std::string line;
    std::string message;
    std::array<struct sigaction, fatal_signals.size()> previous{};
    pid_t process = ::getpid();
    std::atomic<bool> exit_is_fault{false};
    std::atomic<bool> begun{false};
    std::atomic<bool> done{false};
};
Prepared* prepared = nullptr;

// Whom the crash is laid to, and why.
struct Suspect {
    const Callee* callee = nullptr;
    const char* function = "";  // empty: in no call of the host
};

const Callee* owner_of(std::uintptr_t address) noexcept {
    for (const Range& range : ranges) {
        const Callee* callee = range.callee.load(std::memory_order_acquire);
        if (callee != nullptr && address >= range.begin.load(std::memory_order_relaxed) &&
            address < range.end.load(std::memory_order_relaxed)) {
            return callee;
        }
    }
    return nullptr;
}

struct Registers {
    std::uintptr_t program_counter = 0;
    std::uintptr_t stack_pointer = 0;
};
Registers registers_of(const void* context) noexcept {
    const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    return {static_cast<std::uintptr_t>(machine.gregs[REG_RIP]),
            static_cast<std::uintptr_t>(machine.gregs[REG_RSP])};
#elif defined(__aarch64__)
    return {machine.pc, machine.sp};
#else
    static_cast<void>(machine);
    return {};
#endif
}

// The plugin whose code is nearest on the stack. For threads that the host never called a plugin
// on: on others an address of a plugin may be left from a call that is over.
const Callee* owner_of_stack(std::uintptr_t from) noexcept {
    std::array<std::uintptr_t, 512> words;
    constexpr std::uintptr_t bytes_max = 64U << 10;
    for (std::uintptr_t at = from; at < from + bytes_max; at += sizeof words) {
        // By the kernel, because the stack may end here.
        const iovec to{words.data(), sizeof words};
        const iovec what{reinterpret_cast<void*>(at), sizeof words};
        const ssize_t size = ::process_vm_readv(::getpid(), &to, 1, &what, 1, 0);
        for (std::size_t i = 0; size > 0 && i < static_cast<std::size_t>(size) / sizeof(at); ++i) {
            if (const Callee* callee = owner_of(words[i])) return callee;
        }
        if (size != static_cast<ssize_t>(sizeof words)) break;
    }
    return nullptr;
}

Suspect find_suspect(const Registers& registers) noexcept {
    const CallSlot& slot = call_slot();
    if (const Callee* callee = slot.callee.load(std::memory_order_relaxed)) {
        return {callee, slot.function.load(std::memory_order_relaxed)};
    }
    if (const Callee* callee = owner_of(registers.program_counter)) return {callee};
    return slot.known ? Suspect{} : Suspect{owner_of_stack(registers.stack_pointer)};
}

void compose_signal(const Fatal& signal) {
    char number[8];
    const auto end = std::to_chars(number, number + sizeof number, signal.number).ptr;
    std::string& message = prepared->message;
    message.assign("crashed with signal ").append(number, end);
    message.append(" (").append(signal.name).append(")");
    if (is_out_of_memory()) message.append(", out of memory,");
}

void append_suspect(const Suspect& suspect) {
    std::string& message = prepared->message;
    if (suspect.callee == nullptr) {
        message += " while no plugin was being called";
    } else if (suspect.function[0] == '\0') {
        message.append(" in a thread of plugin '").append(suspect.callee->plugin).append("'");
    } else {
        message.append(" while plugin '").append(suspect.callee->plugin);
        message.append("' was in ").append(suspect.function);
    }
}

void append_value(std::string_view mark, const Suspect& suspect) {
    std::string& line = prepared->line;
    if (mark == time_mark) append_rfc3339(line, now_us());
    if (mark == message_mark) append_json_escaped(line, prepared->message);
    if (mark == function_mark) line += suspect.function;
    if (suspect.callee == nullptr) return;
    if (mark == plugin_mark) append_json_escaped(line, suspect.callee->plugin);
    if (mark == file_mark) append_json_escaped(line, suspect.callee->file);
}

// The message says what happened; this adds by whom, and writes the line.
void write_line(const Suspect& suspect) {
    append_suspect(suspect);
    std::string_view form = prepared->form;
    for (const std::string_view mark :
         {time_mark, message_mark, plugin_mark, function_mark, file_mark}) {
        const std::size_t at = form.find(mark);
        if (at == std::string_view::npos) continue;
        prepared->line += form.substr(0, at);
        append_value(mark, suspect);
        form.remove_prefix(at + mark.size());
    }
    prepared->line.append(form).append("\n");
    std::string_view rest = prepared->line;
    while (!rest.empty()) {
        const ssize_t written = ::write(prepared->log_fd, rest.data(), rest.size());
        if (written < 0 && errno != EINTR) break;
        if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
}

// Threads may crash together: the first one is told of, the others let it finish.
void wait_for_report() noexcept {
    const timespec pause{0, 1'000'000};
    for (int i = 0; i < 1000 && !prepared->done; ++i) ::nanosleep(&pause, nullptr);
}

void on_crash(int number, siginfo_t* facts, void* context) {
    std::size_t which = 0;
    while (fatal_signals[which].number != number) ++which;
    if (prepared->begun.exchange(true)) {
        wait_for_report();
    } else {
        compose_signal(fatal_signals[which]);
        write_line(find_suspect(registers_of(context)));
        prepared->done = true;
    }
    ::sigaction(number, &prepared->previous[which], nullptr);
    // A fault comes again when this returns. What somebody sent, abort() too, has to be sent again,
    // to this thread; it is blocked until this returns.
    if (facts->si_code <= 0) ::syscall(SYS_tgkill, ::getpid(), ::gettid(), number);
}

// Called by exit(), before the destructors of what was made before it was registered.
void on_exit() {
    // A child that somebody forked ends as it likes.
    if (prepared == nullptr || !prepared->exit_is_fault || prepared->process != ::getpid()) return;
    if (prepared->begun.exchange(true)) {
        wait_for_report();
    } else {
        prepared->message = "ended by exit()";
        const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
        write_line(find_suspect({0, here}));
        prepared->done = true;
    }
    ::_exit(1);
}

// A new_handler: called when operator new finds no room.
void on_no_memory() {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    if (find_suspect({0, here}).callee != nullptr) throw std::bad_alloc();
    end_out_of_memory();
}

std::terminate_handler usual_terminate = nullptr;

// For what libraries in C had no room for, where nobody catches that.
[[noreturn]] void on_terminate() {
    if (std::current_exception() != nullptr) {
        try {
            throw;
        } catch (const std::bad_alloc&) {
            end_out_of_memory();
        } catch (...) {
        }
    }
    usual_terminate();
    std::abort();
}

struct Search {
    std::uintptr_t address;
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
};

int look_at_library(dl_phdr_info* library, std::size_t, void* data) {
    Search& search = *static_cast<Search*>(data);
    std::uintptr_t begin = UINTPTR_MAX;
    std::uintptr_t end = 0;
    for (int i = 0; i < library->dlpi_phnum; ++i) {
        const auto& segment = library->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD) continue;
        begin = std::min<std::uintptr_t>(begin, library->dlpi_addr + segment.p_vaddr);
        end = std::max<std::uintptr_t>(
            end, library->dlpi_addr + segment.p_vaddr + segment.p_memsz);
    }
    if (search.address < begin || search.address >= end) return 0;
    search.begin = begin;
    search.end = end;
    return 1;
}

}  // namespace

void remember_code(const Callee& callee, const void* address) noexcept {
    Search search{reinterpret_cast<std::uintptr_t>(address)};
    if (::dl_iterate_phdr(&look_at_library, &search) == 0) return;
    const std::size_t at = range_count.fetch_add(1, std::memory_order_relaxed);
    if (at >= ranges.size()) return;
    ranges[at].begin.store(search.begin, std::memory_order_relaxed);
    ranges[at].end.store(search.end, std::memory_order_relaxed);
    ranges[at].callee.store(&callee, std::memory_order_release);
}

void install_crash_report(const log::Options& options, int log_fd) {
    prepared = new Prepared;
    prepared->log_fd = log_fd;
    prepared->form = log::render(options, 0, log::Level::error, "plugin", message_mark,
                               {{"plugin", plugin_mark},
                                {"function", function_mark},
                                {"file", file_mark},
                                {"lost", "nothing: acknowledged readings are in the spool"}});
    // Six bytes for each of a path and a name, should all of them be escaped.
    constexpr std::size_t values_bytes_max = 6 * (4096 + 256);
    prepared->line.reserve(prepared->form.size() + values_bytes_max);
    prepared->message.reserve(512);
    struct sigaction action{};
    action.sa_sigaction = &on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigfillset(&action.sa_mask);
    for (std::size_t i = 0; i < fatal_signals.size(); ++i) {
        ::sigaction(fatal_signals[i].number, &action, &prepared->previous[i]);
    }
    std::set_new_handler(&on_no_memory);
    usual_terminate = std::set_terminate(&on_terminate);
}

ExitReport::ExitReport() {
    check(prepared != nullptr, "install_crash_report() comes first");
    come_first_at_exit();
    ::at_quick_exit(&on_exit);
    prepared->exit_is_fault = true;
}

ExitReport::~ExitReport() { prepared->exit_is_fault = false; }

void come_first_at_exit() noexcept { std::atexit(&on_exit); }

}  // namespace ingest::plugin
