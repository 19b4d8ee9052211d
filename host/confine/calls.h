#pragma once

#include "base/error.h"

// What the process gives up before it serves, so that whoever comes to run code in it, by a memory
// error or by a plugin, does not reach the rest of the machine. Nothing here can be taken back.
namespace ingest::confine {

struct CallOptions {
    // Debuggers of this user may be let at the process later on: prctl(PR_SET_DUMPABLE, 1).
    bool dumpable = false;
};

// A build with AddressSanitizer looks for leaks when it ends, by a process of its own that traces
// this one: there starting processes, tracing and PR_SET_DUMPABLE stay allowed.
extern const bool looks_for_leaks;

// From now on system calls that no host needs fail, most with EPERM, in all threads and for ever:
// starting processes and programs, other processes' memory, signals to others, namespaces, mounts,
// kernel modules and settings, the clock, other users, keyrings, sockets that are not UNIX, IPv4,
// IPv6 or a netlink to the routes; calls that this list does not know, because they are newer, with
// ENOSYS. The kernel's audit log tells of each. docs/SECURITY.md has the reasons.
//
// Sets no_new_privs, whatever it returns. An error: the kernel refuses the filter. Main thread.
Result<void> refuse_calls(const CallOptions& options);

}  // namespace ingest::confine
