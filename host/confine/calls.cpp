#include "confine/calls.h"

#include <array>
#include <csignal>

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/call_filter.h"

namespace ingest::confine {
namespace {

// With whatever arguments.
constexpr std::array refused{
    // Programs. That of a descriptor too, which may be memory.
    "execve", "execveat", "uselib",
    // Memory and descriptors of other processes.
    "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_getfd", "kcmp",
    // Signals by what is not a process id that can be compared.
    "pidfd_send_signal", "tkill",
    // Namespaces and mounts.
    "unshare", "setns", "chroot", "pivot_root", "mount", "umount", "umount2", "mount_setattr",
    "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "swapon", "swapoff",
    "quotactl", "quotactl_fd",
    // Files by what is no path: past every directory's rights; watching everybody's.
    "open_by_handle_at", "fanotify_init",
    // The kernel: its code, its settings, and large parts of it that have had holes.
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "syslog", "lookup_dcookie", "acct", "vhangup", "nfsservctl",
    "sethostname", "setdomainname", "ioperm", "iopl", "modify_ldt", "vm86", "vm86old",
    // The clock.
    "settimeofday", "clock_settime", "clock_settime64", "adjtimex", "clock_adjtime",
    "clock_adjtime64", "stime",
    // Other users, and rights.
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid",
    "setgroups", "setuid32", "setgid32", "setreuid32", "setregid32", "setresuid32", "setresgid32",
    "setfsuid32", "setfsgid32", "setgroups32", "capset",
    // Keyrings, which are not of one process.
    "keyctl", "add_key", "request_key",
};

// <linux/...>; too new or too old for the C library's headers.
constexpr std::uint32_t clone_new_cgroup = 0x0200'0000;
constexpr std::uint32_t clone_new_time = 0x0000'0080;
constexpr std::uint32_t type_of_socket = 0xF;
constexpr std::uint32_t families_max = 64;

void refuse_processes(CallFilter& filter) {
    filter.refuse("fork");
    filter.refuse("vfork");
    filter.refuse("clone", {lacks_bits(0, CLONE_THREAD)});
}

void refuse_being_traced(CallFilter& filter, const CallOptions& options) {
    filter.refuse("ptrace");
    filter.refuse("prctl", {is(0, PR_SET_PTRACER)});
    if (!options.dumpable) filter.refuse("prctl", {is(0, PR_SET_DUMPABLE), is_not(1, 0)});
}

void refuse_namespaces(CallFilter& filter) {
    for (const std::uint32_t kind :
         {std::uint32_t{CLONE_NEWNS}, std::uint32_t{CLONE_NEWUTS}, std::uint32_t{CLONE_NEWIPC},
          std::uint32_t{CLONE_NEWUSER}, std::uint32_t{CLONE_NEWPID}, std::uint32_t{CLONE_NEWNET},
          clone_new_cgroup, clone_new_time}) {
        filter.refuse("clone", {has_bits(0, kind)});
    }
}

// Only to itself: what reports a crash reads its own stack so, as far as there is one.
void refuse_other_processes(CallFilter& filter) {
    const auto self = static_cast<std::uint64_t>(::getpid());
    for (const char* call : {"process_vm_readv", "kill", "tgkill", "rt_sigqueueinfo",
                             "rt_tgsigqueueinfo"}) {
        filter.refuse(call, {is_not(0, self)});
    }
}

bool is_served(std::uint32_t family) {
    return family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK;
}

void refuse_sockets(CallFilter& filter) {
    for (std::uint32_t family = 0; family <= families_max; ++family) {
        if (!is_served(family)) filter.refuse("socket", {is(0, family)});
    }
    filter.refuse("socket", {is_above(0, families_max)});
    for (const std::uint32_t family : {AF_INET, AF_INET6}) {
        for (const std::uint32_t type : {SOCK_RAW, SOCK_PACKET}) {
            filter.refuse("socket", {is(0, family), is_among(1, type_of_socket, type)});
        }
    }
    // 0 is NETLINK_ROUTE, by which the C library asks which addresses this machine has.
    filter.refuse("socket", {is(0, AF_NETLINK), is_not(2, 0)});
    filter.refuse("socketpair", {is_not(0, AF_UNIX)});
}

// Files that give their owner's rights to whoever runs them, and devices.
void refuse_files_with_rights(CallFilter& filter) {
    for (const std::uint32_t bit : {S_ISUID, S_ISGID}) {
        filter.refuse("chmod", {has_bits(1, bit)});
        filter.refuse("fchmod", {has_bits(1, bit)});
        filter.refuse("fchmodat", {has_bits(2, bit)});
        filter.refuse("creat", {has_bits(1, bit)});
        // Without O_CREAT there is no mode; O_TMPFILE has a bit that O_DIRECTORY has not.
        for (const std::uint32_t making : {O_CREAT, O_TMPFILE & ~O_DIRECTORY}) {
            filter.refuse("open", {has_bits(1, making), has_bits(2, bit)});
            filter.refuse("openat", {has_bits(2, making), has_bits(3, bit)});
        }
        filter.refuse("mknod", {has_bits(1, bit)});
        filter.refuse("mknodat", {has_bits(2, bit)});
    }
    for (const std::uint32_t kind : {S_IFCHR, S_IFBLK}) {
        filter.refuse("mknod", {is_among(1, S_IFMT, kind)});
        filter.refuse("mknodat", {is_among(2, S_IFMT, kind)});
    }
}

// Typing into a terminal that others read.
void refuse_typing(CallFilter& filter) {
    constexpr std::uint32_t tioclinux = 0x541C;
    for (const std::uint32_t request : {std::uint32_t{TIOCSTI}, tioclinux}) {
        filter.refuse("ioctl", {is(1, request)});
    }
}

// What is newer than the lists above is not on them because nobody looked at it. And what has its
// flags in memory, where a filter cannot look: the C library then takes clone and openat, which
// have them in a register. That is no attempt at anything, so it is not told.
Result<void> pretend_an_older_kernel() {
    constexpr int last = SYS_set_mempolicy_home_node;
    constexpr int first = last - 450;  // 0 on most architectures
    CallFilter filter({.otherwise = SCMP_ACT_ERRNO(ENOSYS), .is_told = false});
    for (int number = first; number <= last; ++number) {
        if (number != SYS_clone3 && number != SYS_openat2) filter.allow(number);
    }
    return filter.load();
}

Result<void> refuse_what_no_host_needs(const CallOptions& options) {
    CallFilter filter({.otherwise = SCMP_ACT_ALLOW, .is_told = true});
    for (const char* call : refused) filter.refuse(call);
    if (!looks_for_leaks) {
        refuse_processes(filter);
        refuse_being_traced(filter, options);
    }
    refuse_namespaces(filter);
    refuse_other_processes(filter);
    refuse_sockets(filter);
    refuse_files_with_rights(filter);
    refuse_typing(filter);
    filter.refuse("personality", {is_not(0, 0xFFFF'FFFF)});  // that only asks
    return filter.load();
}

}  // namespace

#if defined(__SANITIZE_ADDRESS__)
const bool looks_for_leaks = true;
#elif defined(__has_feature)
const bool looks_for_leaks = __has_feature(address_sanitizer);
#else
const bool looks_for_leaks = false;
#endif

Result<void> refuse_calls(const CallOptions& options) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (auto pretended = pretend_an_older_kernel(); !pretended) return pretended;
    return refuse_what_no_host_needs(options);
}

}  // namespace ingest::confine
