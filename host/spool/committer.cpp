#include "spool/committer.h"

#include <utility>

namespace ingest::spool {

Committer::Committer(Log& log) : log_(log), thread_([this] { run(); }) {}

Committer::~Committer() { close(); }

void Committer::submit(Submission submission) {
    bool refused = false;
    bool first = false;
    {
        const MutexLock lock(mutex_);
        refused = closing_;
        if (!refused) {
            waiting_bytes_ += submission.batch.bytes();
            queue_.push_back(std::move(submission));
            first = queue_.size() == 1;
        }
    }
    if (first) work_.notify_one();  // without the lock, which it would wait for
    if (refused) submission.done(Error{"the spool is closed"});
}

void Committer::nudge() {
    const MutexLock lock(mutex_);
    nudged_ = true;
    work_.notify_one();
}

void Committer::close() {
    {
        const MutexLock lock(mutex_);
        closing_ = true;
        work_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

// The oldest submissions, as many as one group takes, but at least one if there is any.
std::vector<Submission> Committer::take_group() {
    std::vector<Submission> group;
    std::uint64_t bytes = 0;
    while (!queue_.empty()) {
        bytes += queue_.front().batch.bytes();
        if (!group.empty() && bytes > log_.options().group_bytes_max) break;
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return group;
}

void Committer::run() {
    std::optional<Log::TimePoint> due;
    for (;;) {
        std::vector<Submission> group;
        bool last = false;
        {
            const MutexLock lock(mutex_);
            while (queue_.empty() && !nudged_ && !closing_) {
                if (!due) {
                    work_.wait(mutex_);
                } else if (!work_.wait_until(mutex_, *due)) {
                    break;
                }
            }
            group = take_group();
            nudged_ = false;
            last = closing_ && queue_.empty();
        }
        std::uint64_t bytes = 0;
        for (const Submission& submission : group) bytes += submission.batch.bytes();
        if (!group.empty()) log_.commit(group);
        waiting_bytes_ -= bytes;
        due = log_.tidy(std::chrono::steady_clock::now(), group.empty());
        if (last) break;
    }
    log_.finish();
}

}  // namespace ingest::spool
