#pragma once

#include "base/error.h"
#include "base/log.h"
#include "plugin/call_mark.h"

namespace ingest::plugin {

// From here on, when the process dies of SIGSEGV, SIGBUS, SIGILL, SIGFPE or SIGABRT, it says in one
// line of the log which plugin was being called, or whose code ran in a thread of the plugin's own.
// Then it dies as it would have: same core file, same wait status, a sanitizer's report.
//
// It also dies of an allocation that fails in the host's own code, and says so: see
// end_out_of_memory(). A plugin gets its std::bad_alloc in a call and in threads that run its code.
//
// `log_fd` is where the log goes; `options` are those that it was configured with. Main thread,
// once, before other threads. What is needed then is made now: a handler may not allocate.
void install_crash_report(const log::Options& options, int log_fd);

// While one lives, exit() is as bad as a crash: whoever calls it, the process says in one line of
// the log which plugin did, and ends with status 1, without running destructors while other threads
// use what they destroy. Only a plugin calls it: the host returns from main(). One at a time, after
// install_crash_report(). Main thread.
class ExitReport {
public:
    ExitReport();
    ~ExitReport();
    ExitReport(const ExitReport&) = delete;
    ExitReport& operator=(const ExitReport&) = delete;
};

// Has that happen before the destructors of a library that was loaded just now, which exit() would
// run first. Any thread.
void come_first_at_exit() noexcept;

// Remembers the code of the library that `address` is in as the plugin's, for crashes in threads
// that the host did not make. For the first 256 libraries. Any thread.
void remember_code(const Callee& callee, const void* address) noexcept;

}  // namespace ingest::plugin
