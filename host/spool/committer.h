#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "spool/group.h"
#include "spool/log.h"

namespace ingest::spool {

// The queue in front of the log and the thread that empties it: all that waits is one group, and
// while that is written the next one gathers. Owns both; starts the thread when made, joins it in
// close(). Sleeps while there is nothing to do: no timer but those that tidy() asks for.
class Committer {
public:
    explicit Committer(Log& log);
    ~Committer();
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    // Any thread.
    void submit(Submission submission);
    void nudge();  // tidy() has something to do
    std::uint64_t waiting_bytes() const noexcept { return waiting_bytes_; }

    // Commits what waits. Idempotent; one thread.
    void close();

private:
    void run();
    std::vector<Submission> take_group() INGEST_REQUIRES(mutex_);

    Log& log_;
    std::atomic<std::uint64_t> waiting_bytes_ = 0;

    Mutex mutex_;
    Condition work_;
    std::deque<Submission> queue_ INGEST_GUARDED_BY(mutex_);
    bool nudged_ INGEST_GUARDED_BY(mutex_) = true;  // what recovery left to tidy
    bool closing_ INGEST_GUARDED_BY(mutex_) = false;

    std::thread thread_;  // last: runs on all of the above
};

}  // namespace ingest::spool
