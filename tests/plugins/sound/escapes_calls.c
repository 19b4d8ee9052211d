/* Attempts to get away by system calls. */
#define _GNU_SOURCE
#include "escapes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { nowhere = -1, unknown_call = 452 /* fchmodat2, which is newer than the host's list */ };
static const char no_such_path[] = "/no/such/path";

int outcome(long result) { return result < 0 ? errno : 0; }

int victim(void) {
    const char *text = getenv("ESCAPES_VICTIM");
    return text == NULL ? 0 : atoi(text);
}

static int child(long pid) {
    if (pid == 0) _exit(0);
    const int failed = outcome(pid);
    if (pid > 0) waitpid((pid_t)pid, NULL, 0);
    return failed;
}

static int opened(long descriptor) {
    const int failed = outcome(descriptor);
    if (descriptor >= 0) close((int)descriptor);
    return failed;
}

/* Programs and processes. */
static int exec_file(void) {
    char *const none[] = {NULL};
    return outcome(execve(no_such_path, none, none));
}
static int exec_memory(void) {
    char *const none[] = {NULL};
    const int memory = memfd_create("program", MFD_CLOEXEC);
    if (write(memory, "\1\2", 2) != 2) return -1;
    const int failed = outcome(syscall(SYS_execveat, memory, "", none, none, AT_EMPTY_PATH));
    close(memory);
    return failed;
}
static int fork_process(void) { return child(fork()); }
static int raw_fork(void) { return child(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }
static int spawn(void) {
    char *const words[] = {"true", NULL};
    pid_t pid = 0;
    const int failed = posix_spawn(&pid, "/bin/true", NULL, NULL, words, words + 1);
    if (failed == 0) waitpid(pid, NULL, 0);
    return failed;
}
static int shell(void) {
    errno = 0;
    return system("exit 0") == 0 ? 0 : errno != 0 ? errno : -1;
}
static int pipe_to_program(void) {
    FILE *pipe = popen("exit 0", "r");
    const int failed = pipe == NULL ? errno : 0;
    if (pipe != NULL) pclose(pipe);
    return failed;
}

/* Namespaces and mounts. */
static int clone_user(void) {
    return child(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}
static int clone3_sizeless(void) { return outcome(syscall(SYS_clone3, NULL, 0)); }
static int unshare_names(void) { return outcome(unshare(CLONE_NEWUTS)); }
static int unshare_user(void) { return outcome(unshare(CLONE_NEWUSER)); }
static int join(void) { return outcome(setns(nowhere, 0)); }
static int change_root(void) { return outcome(chroot(no_such_path)); }
static int pivot(void) { return outcome(syscall(SYS_pivot_root, no_such_path, no_such_path)); }
static int mount_there(void) {
    return outcome(syscall(SYS_mount, "none", no_such_path, "tmpfs", 0, NULL));
}
static int unmount(void) { return outcome(syscall(SYS_umount2, no_such_path, 0)); }
static int move(void) { return outcome(syscall(SYS_move_mount, nowhere, "", nowhere, "", 0)); }
static int clone_mount(void) { return opened(syscall(SYS_open_tree, nowhere, "x", 0)); }
static int new_mount(void) { return opened(syscall(SYS_fsopen, "no-such-file-system", 0)); }
static int swap(void) { return outcome(syscall(SYS_swapon, no_such_path, 0)); }
static int quota(void) { return outcome(syscall(SYS_quotactl, 0, no_such_path, 0, NULL)); }
static int by_handle(void) { return opened(syscall(SYS_open_by_handle_at, nowhere, NULL, 0)); }
static int watch_all(void) { return opened(syscall(SYS_fanotify_init, 0, 0)); }

/* Other processes. */
static int trace(void) { return outcome(ptrace(PTRACE_SEIZE, victim(), NULL, NULL)); }
static long shared_byte(int write_it) {
    /* A byte of the victim's memory, which is left as it was. */
    char path[64];
    unsigned long address = 0;
    char line[256];
    snprintf(path, sizeof path, "/proc/%d/maps", victim());
    FILE *maps = fopen(path, "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        if (strstr(line, " rw-p ") != NULL && sscanf(line, "%lx", &address) == 1) break;
    }
    if (maps != NULL) fclose(maps);
    char byte = 0;
    struct iovec here = {&byte, 1};
    struct iovec there = {(void *)(uintptr_t)address, 1}; /* NOLINT */
    const long number = write_it ? SYS_process_vm_writev : SYS_process_vm_readv;
    if (write_it) syscall(SYS_process_vm_readv, victim(), &here, 1, &there, 1, 0);
    return syscall(number, victim(), &here, 1, &there, 1, 0);
}
static int read_memory(void) { return outcome(shared_byte(0)); }
static int write_memory(void) { return outcome(shared_byte(1)); }
static int take_descriptor(void) { return opened(syscall(SYS_pidfd_getfd, nowhere, 0, 0)); }
static int send_signal(void) { return outcome(kill(victim(), 0)); }
static int signal_all(void) { return outcome(kill(0, 0)); }
static int signal_thread(void) { return outcome(syscall(SYS_tgkill, victim(), victim(), 0)); }
static int signal_any_thread(void) { return outcome(syscall(SYS_tkill, victim(), 0)); }
static int signal_with_value(void) {
    return outcome(sigqueue(victim(), 0, (union sigval){.sival_int = 0}));
}
static int signal_by_descriptor(void) {
    return outcome(syscall(SYS_pidfd_send_signal, nowhere, 0, NULL, 0));
}
static int be_dumpable(void) { return outcome(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }
static int be_dumpable_by_high_bits(void) {
    return outcome(syscall(SYS_prctl, (1L << 32) + PR_SET_DUMPABLE, 1, 0, 0, 0));
}
static int be_traced(void) { return outcome(prctl(PR_SET_PTRACER, getppid(), 0, 0, 0)); }

/* The kernel and the clock. */
static int load_program(void) { return outcome(syscall(SYS_bpf, 9999, NULL, 0)); }
static int count_events(void) {
    return opened(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
}
static int take_faults(void) { return opened(syscall(SYS_userfaultfd, 0xF0F0)); }
static int ring(void) { return opened(syscall(SYS_io_uring_setup, 0, NULL)); }
static int module(void) { return outcome(syscall(SYS_init_module, NULL, 0, "")); }
static int module_file(void) { return outcome(syscall(SYS_finit_module, nowhere, "", 0)); }
static int no_module(void) { return outcome(syscall(SYS_delete_module, "no_such_module", 0)); }
static int next_kernel(void) { return outcome(syscall(SYS_kexec_load, 0, 1000000, NULL, 0)); }
static int restart(void) { return outcome(syscall(SYS_reboot, 0, 0, 0, NULL)); }
static int read_log(void) { return outcome(syscall(SYS_syslog, 10, NULL, 0)); }
static int account(void) { return outcome(syscall(SYS_acct, no_such_path)); }
static int host_name(void) { return outcome(syscall(SYS_sethostname, NULL, -1)); }
static int domain_name(void) { return outcome(syscall(SYS_setdomainname, NULL, -1)); }
static int set_time(void) { return outcome(syscall(SYS_settimeofday, (void *)1, NULL)); }
static int set_clock(void) { return outcome(syscall(SYS_clock_settime, 0, (void *)1)); }
static int adjust_clock(void) { return outcome(syscall(SYS_adjtimex, (void *)1)); }
static int other_personality(void) { return outcome(personality(ADDR_NO_RANDOMIZE)); }
static int new_call(void) { return outcome(syscall(unknown_call, nowhere, "", 0, 0)); }
#ifdef SYS_iopl
static int ports(void) { return outcome(syscall(SYS_iopl, 9)); }
static int descriptors_of_memory(void) { return outcome(syscall(SYS_modify_ldt, 9, NULL, 0)); }
#endif

/* Users, keys and files with rights. */
static int same_user(void) { return outcome(syscall(SYS_setuid, getuid())); }
static int same_users(void) { return outcome(syscall(SYS_setresuid, -1, -1, -1)); }
static int same_group(void) { return outcome(syscall(SYS_setgid, getgid())); }
static int groups(void) { return outcome(syscall(SYS_setgroups, 1 << 30, NULL)); }
static int capabilities(void) { return outcome(syscall(SYS_capset, NULL, NULL)); }
static int keyring(void) {
    return outcome(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_THREAD_KEYRING, 0));
}
static int new_key(void) { return outcome(syscall(SYS_add_key, NULL, NULL, NULL, 0, 0)); }
static int ask_key(void) { return outcome(syscall(SYS_request_key, NULL, NULL, NULL, 0)); }
static int privileged_file(void) { return outcome(chmod(no_such_path, 04755)); }
static int new_privileged_file(void) {
    return opened(open("/no/such/path", O_CREAT | O_WRONLY, 02755));
}
static int device(void) { return outcome(mknod(no_such_path, S_IFBLK | 0600, 0)); }
static int type_into_terminal(void) { return outcome(ioctl(nowhere, TIOCSTI, "x")); }

/* Sockets. */
static int raw_socket(void) { return opened(socket(AF_INET, SOCK_RAW, 1)); }
static int packet_socket(void) { return opened(socket(AF_PACKET, SOCK_DGRAM, 0)); }
static int kernel_crypto(void) { return opened(socket(AF_ALG, SOCK_SEQPACKET, 0)); }
static int machine_socket(void) { return opened(socket(AF_VSOCK, SOCK_STREAM, 0)); }
static int family_by_high_bits(void) {
    return opened(syscall(SYS_socket, (1L << 32) + AF_PACKET, SOCK_DGRAM, 0));
}
static int device_events(void) {
    return opened(socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT));
}

const Attempt call_attempts[] = {
    {"exec", exec_file}, {"exec_memory", exec_memory}, {"fork", fork_process},
    {"raw_fork", raw_fork}, {"spawn", spawn}, {"shell", shell}, {"popen", pipe_to_program},
    {"clone_user", clone_user}, {"clone3", clone3_sizeless}, {"unshare", unshare_names},
    {"unshare_user", unshare_user}, {"setns", join}, {"chroot", change_root},
    {"pivot_root", pivot}, {"mount", mount_there}, {"umount", unmount}, {"move_mount", move},
    {"open_tree", clone_mount}, {"fsopen", new_mount}, {"swapon", swap}, {"quotactl", quota},
    {"open_by_handle", by_handle}, {"fanotify", watch_all}, {"ptrace", trace},
    {"read_memory", read_memory}, {"write_memory", write_memory},
    {"take_descriptor", take_descriptor}, {"kill", send_signal}, {"kill_group", signal_all},
    {"tgkill", signal_thread}, {"tkill", signal_any_thread}, {"sigqueue", signal_with_value},
    {"pidfd_signal", signal_by_descriptor}, {"dumpable", be_dumpable},
    {"dumpable_high", be_dumpable_by_high_bits}, {"be_traced", be_traced}, {"bpf", load_program},
    {"perf", count_events}, {"userfaultfd", take_faults}, {"io_uring", ring},
    {"init_module", module}, {"finit_module", module_file}, {"delete_module", no_module},
    {"kexec", next_kernel}, {"reboot", restart}, {"syslog", read_log}, {"acct", account},
    {"hostname", host_name}, {"domainname", domain_name}, {"settimeofday", set_time},
    {"clock_settime", set_clock}, {"adjtimex", adjust_clock}, {"personality", other_personality},
    {"new_call", new_call},
#ifdef SYS_iopl
    {"iopl", ports}, {"modify_ldt", descriptors_of_memory},
#endif
    {"setuid", same_user}, {"setresuid", same_users}, {"setgid", same_group},
    {"setgroups", groups}, {"capset", capabilities}, {"keyctl", keyring}, {"add_key", new_key},
    {"request_key", ask_key}, {"chmod_setuid", privileged_file},
    {"open_setgid", new_privileged_file}, {"device", device}, {"tiocsti", type_into_terminal},
    {"raw_socket", raw_socket}, {"packet_socket", packet_socket}, {"af_alg", kernel_crypto},
    {"af_vsock", machine_socket}, {"family_high", family_by_high_bits},
    {"uevents", device_events}, {NULL, NULL}};
