#pragma once

#include <csignal>
#include <ctime>

#include <pthread.h>

namespace ingest::redis_sink {

// While this lives, a write to a closed connection is an error for its thread (EPIPE) and no signal
// for the process, whose dispositions belong to the host. One thread, the one that made it.
class SigpipeBlocked {
public:
    SigpipeBlocked() noexcept {
        sigemptyset(&sigpipe_);
        sigaddset(&sigpipe_, SIGPIPE);
        pending_before_ = pending();
        pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
    }
    ~SigpipeBlocked() {
        // One that our own write() left must not arrive when it is unblocked.
        constexpr timespec no_time{};
        if (!pending_before_ && pending()) sigtimedwait(&sigpipe_, nullptr, &no_time);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    SigpipeBlocked(const SigpipeBlocked&) = delete;
    SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;

private:
    static bool pending() noexcept {
        sigset_t set;
        sigemptyset(&set);
        sigpending(&set);
        return sigismember(&set, SIGPIPE) == 1;
    }
    sigset_t sigpipe_;
    sigset_t before_;
    bool pending_before_;
};

}  // namespace ingest::redis_sink
