#include "app/confinement.h"

#include <unistd.h>

#include "base/log.h"
#include "confine/calls.h"

namespace ingest::app {

void confine_process(const config::Config& config) {
    if (!config.process.confined) {
        log::warn("app",
                  "process.confined is off: what runs in this process may do all that its user "
                  "may, start programs too");
        return;
    }
    const auto refused = confine::refuse_calls({.dumpable = config.process.dumpable});
    if (!refused) {
        log::warn("app", "what runs in this process may make all system calls",
                  {{"reason", refused.error().message}});
    } else if (confine::looks_for_leaks) {
        log::info("app",
                  "this build looks for leaks: starting processes and tracing stay allowed");
    }
}

}  // namespace ingest::app
