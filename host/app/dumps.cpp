#include "app/dumps.h"

#include <sys/prctl.h>

#include "base/log.h"

namespace ingest::app {

Dumps::Dumps() noexcept {
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    ::getrlimit(RLIMIT_CORE, &core_files_);
    // Not the hard limit, which nobody could raise again.
    const rlimit none{0, core_files_.rlim_max};
    ::setrlimit(RLIMIT_CORE, &none);
}

void Dumps::allow(bool allowed) noexcept {
    if (allowed == allowed_) return;
    allowed_ = allowed;
    ::prctl(PR_SET_DUMPABLE, allowed ? 1 : 0, 0, 0, 0);
    const rlimit files{allowed ? core_files_.rlim_cur : 0, core_files_.rlim_max};
    ::setrlimit(RLIMIT_CORE, &files);
    if (allowed) {
        log::warn("app",
                  "process.dumpable: debuggers of this user can read the secrets in memory, and "
                  "core files have them");
    }
}

}  // namespace ingest::app
