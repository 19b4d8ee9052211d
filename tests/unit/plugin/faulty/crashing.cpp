// A plugin that does what its one option says, {"fault": "..."}, when `validate` or `write` is
// called. Built under other names it throws from the functions that the names say.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <ingest/plugin.h>

namespace {

constexpr std::string_view name = PLUGIN_NAME;
constexpr std::string_view manifest = R"({"kind": "validator"})";

ingest_str text(std::string_view value) { return {value.data(), value.size()}; }

volatile int* volatile nowhere = nullptr;
volatile int bottomless = 1;

int overflow(int depth) {
    volatile char room[1024];
    room[0] = static_cast<char>(depth);
    return bottomless != 0 ? overflow(depth + 1) + room[0] : depth;
}

// Its destructor runs at exit(), unless the host forestalls it.
struct Static {
    ~Static() {
        constexpr std::string_view line = "destroyed\n";
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    }
} const at_exit;

int not_a_number(const std::string& text) { return std::stoi(text); }
int through_noexcept() noexcept { return not_a_number("not today"); }

// An allocation that no machine has room for is an exception, which a plugin may catch.
volatile std::size_t too_much = PTRDIFF_MAX / 2;
void expect_bad_alloc() {
    try {
        ::operator delete(::operator new(too_much));
    } catch (const std::bad_alloc&) {
        return;
    }
    std::abort();
}

// To be seen by the host, not by a sanitizer before it.
__attribute__((no_sanitize("undefined"))) void store_nowhere() { *nowhere = 1; }

// The faults. A thread of the plugin's own crashes as soon as it is made; the call waits for it.
void do_fault(const std::string& fault) {
    if (fault == "segv") store_nowhere();
    if (fault == "abort") std::abort();
    if (fault == "overflow") overflow(0);
    if (fault == "trap") __builtin_trap();
    if (fault == "raise") ::raise(SIGSEGV);
    if (fault == "terminate") through_noexcept();
    if (fault == "thread-segv") std::thread(store_nowhere).join();
    if (fault == "thread-throw") std::thread([] { throw std::runtime_error("no"); }).join();
    if (fault == "no-memory") expect_bad_alloc();
    if (fault == "thread-no-memory") std::thread(expect_bad_alloc).join();
    if (fault == "exit") std::exit(0);
    if (fault == "quick-exit") std::quick_exit(0);
    if (fault == "thread-exit") std::thread([] { std::exit(0); }).join();
    if (fault == "fork-exit") {
        const pid_t child = ::fork();
        if (child == 0) std::exit(0);
        int status = 0;
        ::waitpid(child, &status, 0);
    }
    // Until the test says a byte.
    if (fault.starts_with("read ")) {
        char byte = 0;
        while (::read(std::atoi(fault.c_str() + 5), &byte, 1) < 0) {
        }
    }
}

// The option is looked for by hand, because a document is too much for this.
std::int32_t create(const ingest_host*, ingest_str options, const ArrowSchema*, void** self,
                    ingest_error*) {
    const std::string_view json(options.data, options.size);
    const auto from = json.find(": \"") + 3;
    *self = new std::string(json.substr(from, json.find('"', from) - from));
    return INGEST_OK;
}

std::int32_t validate(void* self, const ingest_batch*, ingest_report*, ingest_error*) {
    do_fault(*static_cast<std::string*>(self));
    return INGEST_OK;
}

std::int32_t write(void* self, const ingest_batch* const*, std::uint64_t, ingest_error*) {
    do_fault(*static_cast<std::string*>(self));
    return INGEST_OK;
}

void health(void*, ingest_health*) {}

std::int32_t flush(void*, std::int64_t, ingest_error*) { return INGEST_OK; }

void destroy(void* self) {
    const std::string fault = *static_cast<std::string*>(self);
    delete static_cast<std::string*>(self);
    if (fault == "destroy") throw std::runtime_error("not today");
}

const void* get_interface(ingest_str id) {
    static const ingest_validator validator{sizeof validator, 0, &create, &validate, &destroy};
    static const ingest_sink sink{sizeof sink, 0, &create, &write, &health, &flush, &destroy};
    if (name == "get-interface-throws") throw 42;
    const std::string_view wanted(id.data, id.size);
    if (wanted == INGEST_VALIDATOR_ID) return &validator;
    return wanted == INGEST_SINK_ID ? &sink : nullptr;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const ingest_plugin* ingest_plugin_entry_v1(
    const ingest_host*) {
    static const ingest_plugin plugin{sizeof plugin, INGEST_ABI_MINOR, 0, 0, text(name),
                                      text("1.0.0"), text("wrong on purpose"), text(manifest),
                                      &get_interface};
    if (name == "entry-throws") throw std::runtime_error("not today");
    return &plugin;
}
