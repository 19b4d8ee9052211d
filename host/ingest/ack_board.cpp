#include "ingest/ack_board.h"

#include <algorithm>
#include <utility>

namespace ingest::intake {
namespace {

using Clock = std::chrono::steady_clock;

spool::Range overlap(spool::Range a, spool::Range b) noexcept {
    const std::uint64_t first = std::max(a.first, b.first);
    return {first, std::max(first, std::min(a.end, b.end))};
}

}  // namespace

AckBoard::AckBoard(const Options& options, spool::Range backlog)
    : options_(options),
      expected_end_(backlog.end),
      cursor_(backlog.first),
      timer_([this] { run(); }) {}

AckBoard::~AckBoard() {
    close();
    timer_.join();
}

bool AckBoard::must_wait(spool::Range range) const {
    return live_ && !stalled_ && !closed_ && range.first <= cursor_ + options_.behind_rows_max;
}

bool AckBoard::would_wait() {
    const MutexLock lock(mutex_);
    return must_wait({expected_end_, expected_end_});
}

void AckBoard::expect(spool::Range range, Done done) {
    Finished finished;
    {
        const MutexLock lock(mutex_);
        expected_end_ = range.end;
        Waiting waiting{range.end, range.end - range.first, true, Clock::now() + options_.timeout,
                        std::move(done)};
        for (const Settled& early : early_) {
            const spool::Range part = overlap(early.range, range);
            waiting.rows_left -= part.end - part.first;
            waiting.stored = waiting.stored && (early.stored || part.first == part.end);
        }
        std::erase_if(early_, [&](const Settled& early) { return early.range.end <= range.end; });
        if (waiting.rows_left == 0) {
            finished.emplace_back(std::move(waiting.done),
                                  waiting.stored ? Ack::stored : Ack::spooled);
        } else if (!must_wait(range)) {
            finished.emplace_back(std::move(waiting.done), Ack::spooled);
        } else {
            waiting_.emplace(range.first, std::move(waiting));
            if (std::exchange(asleep_, false)) changed_.notify_one();
        }
    }
    for (auto& [call, ack] : finished) call(ack);
}

void AckBoard::settle_waiting(const Settled& settled, Finished& finished) {
    auto it = waiting_.upper_bound(settled.range.first);
    if (it != waiting_.begin()) --it;
    while (it != waiting_.end() && it->first < settled.range.end) {
        Waiting& waiting = it->second;
        const spool::Range part = overlap(settled.range, {it->first, waiting.end});
        waiting.rows_left -= part.end - part.first;
        waiting.stored = waiting.stored && (settled.stored || part.first == part.end);
        if (waiting.rows_left > 0) {
            ++it;
            continue;
        }
        finished.emplace_back(std::move(waiting.done), waiting.stored ? Ack::stored : Ack::spooled);
        it = waiting_.erase(it);
    }
}

void AckBoard::settled(spool::Range range, bool stored, std::uint64_t cursor) {
    Finished finished;
    {
        const MutexLock lock(mutex_);
        cursor_ = std::max(cursor_, cursor);
        stalled_ = false;
        settle_waiting({range, stored}, finished);
        if (range.end > expected_end_ && !closed_) {
            early_.push_back({{std::max(range.first, expected_end_), range.end}, stored});
        }
    }
    for (auto& [call, ack] : finished) call(ack);
}

void AckBoard::release_all(Finished& finished) {
    for (auto& [first, waiting] : waiting_) {
        finished.emplace_back(std::move(waiting.done), Ack::spooled);
    }
    waiting_.clear();
}

void AckBoard::set_live(bool live) {
    Finished finished;
    {
        const MutexLock lock(mutex_);
        live_ = live;
        if (!live) release_all(finished);
    }
    for (auto& [call, ack] : finished) call(ack);
}

void AckBoard::close() {
    Finished finished;
    {
        const MutexLock lock(mutex_);
        closed_ = true;
        release_all(finished);
        changed_.notify_all();
    }
    for (auto& [call, ack] : finished) call(ack);
}

void AckBoard::run() {
    for (;;) {
        Finished finished;
        {
            const MutexLock lock(mutex_);
            while (waiting_.empty() && !closed_) {
                asleep_ = true;
                changed_.wait(mutex_);
            }
            asleep_ = false;
            if (closed_) return;
            // Ranges come in the log's order, so the first one has the earliest deadline.
            const auto deadline = waiting_.begin()->second.deadline;
            if (Clock::now() < deadline) {
                changed_.wait_until(mutex_, deadline);
            } else {
                stalled_ = true;
                release_all(finished);
            }
        }
        for (auto& [call, ack] : finished) call(ack);
    }
}

}  // namespace ingest::intake
