#include "conformance/fault_report.h"

#include <array>
#include <csignal>

#include <sys/mman.h>
#include <ucontext.h>

#include "conformance/whereabouts.h"

namespace ingest::conformance {
namespace {

constexpr std::size_t signal_stack_bytes = 256U << 10;
// A frame may be larger than a page, and the page below the stack is what it hits.
constexpr std::uintptr_t near_stack_bytes = 1U << 20;

std::array<FencedRegion, 1024> regions;
std::size_t regions_known = 0;

std::uintptr_t stack_pointer(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
    return static_cast<std::uintptr_t>(context.uc_mcontext.sp);
#else
    (void)context;
    return 0;
#endif
}

// Whether the fault was a write; only some processors tell.
bool is_write(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
    return (context.uc_mcontext.gregs[REG_ERR] & 2) != 0;
#else
    (void)context;
    return false;
#endif
}

void explain(std::uintptr_t address, const ucontext_t& context) noexcept {
    for (std::size_t i = 0; i < regions_known; ++i) {
        const FencedRegion& region = regions[i];
        if (address < region.fence_begin || address >= region.fence_end) continue;
        const bool write = is_write(context);
        if (address < region.begin) {
            set_fault(write ? "it wrote in front of " : "it read in front of ", region.name);
        } else if (address >= region.end) {
            set_fault(write ? "it wrote past the end of " : "it read past the end of ",
                      region.name);
        } else {
            set_fault("it wrote to ", region.name);
        }
        return;
    }
    const std::uintptr_t stack = stack_pointer(context);
    const std::uintptr_t distance = address > stack ? address - stack : stack - address;
    if (stack != 0 && distance < near_stack_bytes) set_fault("the stack is used up", "");
    if (address < 65536) set_fault("it used a null pointer", "");
}

void on_fault(int signal, siginfo_t* fault, void* context) noexcept {
    // Of an address that no address can be, the kernel tells nothing.
    if ((signal == SIGSEGV || signal == SIGBUS) && fault->si_code != SI_KERNEL) {
        explain(reinterpret_cast<std::uintptr_t>(fault->si_addr),
                *static_cast<const ucontext_t*>(context));
    }
    // SA_RESETHAND: the fault comes again, or is raised here, and now ends the process.
    ::raise(signal);
}

}  // namespace

void install_fault_report() {
    stack_t stack{};
    // The stack may be what is used up. Other threads get theirs with their first call.
    void* memory = ::mmap(nullptr, signal_stack_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) {
        stack.ss_sp = memory;
        stack.ss_size = signal_stack_bytes;
        ::sigaltstack(&stack, nullptr);
    }
    struct sigaction action {};
    action.sa_sigaction = &on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | static_cast<int>(SA_RESETHAND);
    for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
        ::sigaction(signal, &action, nullptr);
    }
}

void know_region(const FencedRegion& region) noexcept {
    if (regions_known < regions.size()) regions[regions_known++] = region;
}

void forget_regions() noexcept { regions_known = 0; }

}  // namespace ingest::conformance
