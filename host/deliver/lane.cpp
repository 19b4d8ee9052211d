#include "deliver/lane.h"

#include <algorithm>
#include <bit>
#include <random>
#include <utility>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/time_text.h"

namespace ingest::deliver {
namespace {

double random_fraction() {
    thread_local std::minstd_rand source(std::random_device{}());
    return std::uniform_real_distribution<double>(0.0, 1.0)(source);
}

}  // namespace

Lane::Lane(LaneOptions options, spool::Spool& spool, DeadLetters& dead_letters,
           std::vector<std::unique_ptr<plugin::Sink>> instances, LaneEvents events)
    : options_(std::move(options)),
      events_(std::move(events)),
      spool_(spool),
      dead_letters_(dead_letters) {
    hire(std::move(instances));
    counted_.name = options_.name;
}

Lane::~Lane() {
    request_stop(Clock::now());
    join();
}

Result<void> Lane::start() {
    const auto cursor = spool_.open_cursor(options_.name);
    if (!cursor) return cursor.error();
    cursor_id_ = cursor->id;
    {
        const MutexLock order(claiming_);
        const MutexLock lock(mutex_);
        cursor_ = next_ = cursor->position;
        at_start_ = spool_.tally(cursor->position);
    }
    dead_letters_.forget_before(cursor->position);
    start_workers();
    return {};
}

void Lane::hire(Instances instances) {
    workers_.clear();
    for (auto& instance : instances) {
        workers_.push_back(std::make_unique<Worker>());
        workers_.back()->sink = std::move(instance);
    }
}

void Lane::start_workers() {
    const MutexLock crew(crew_);
    for (const auto& worker : workers_)
        worker->thread = std::thread([this, w = worker.get()] { run(*w); });
}

void Lane::run(Worker& worker) {
    while (auto slice = claim()) {
        deliver(worker, std::move(*slice));
        const MutexLock lock(mutex_);
        --writing_;
    }
    const plugin::Answer answer = worker.sink->flush(monotonic_ns(write_deadline()));
    if (!answer.ok()) {
        log::warn("deliver", "a sink could not flush at its end",
                  {{"sink", options_.name}, {"reason", answer.message}});
    }
}

bool Lane::begins_no_more() const {
    return leaves_backlog_ || (stop_by_ && Clock::now() >= *stop_by_);
}

Lane::Clock::time_point Lane::write_deadline() const {
    const auto by_timeout = Clock::now() + options_.write_timeout;
    const MutexLock lock(mutex_);
    return stop_by_ ? std::min(*stop_by_, by_timeout) : by_timeout;
}

void Lane::deliver(Worker& worker, Slice slice) {
    // Depth first and in the log's order: the first half is on top.
    std::vector<Slice> parts;
    parts.push_back(std::move(slice));
    while (!parts.empty()) {
        const Slice part = std::move(parts.back());
        parts.pop_back();
        const bool probe = part.range.first == part.range.end;
        const std::uint64_t rows = rows_in(part);
        if (rows == 0 && !probe) {  // a hole of the log
            settle(part.range, rows, false);
            continue;
        }
        const auto answer = write_until_decided(worker, part);
        if (!answer) return;  // it stops: what is left stays in the log
        if (verdict_of(answer->code) == Verdict::done) {
            if (probe) continue;
            crash_point("lane.before_settle");
            settle(part.range, rows, true);
        } else if (rows == 1) {
            if (!bury(part, answer->message)) return;
            settle(part.range, rows, false);
        } else {
            auto [first, second] = halve(part);
            parts.push_back(std::move(second));
            parts.push_back(std::move(first));
        }
    }
}

plugin::Answer Lane::Worker::write() {
    const Clock::time_point begun = Clock::now();
    call_begun = begun;
    plugin::Answer answer = sink->write(batches.batches());
    connected = sink->connected();
    call_begun = Clock::time_point::max();
    write_us = static_cast<std::uint64_t>((Clock::now() - begun) / std::chrono::microseconds(1));
    return answer;
}

bool Lane::Worker::is_overdue(std::chrono::milliseconds call_patience) const noexcept {
    const Clock::time_point begun = call_begun;
    return begun != Clock::time_point::max() && Clock::now() >= begun + call_patience;
}

std::optional<plugin::Answer> Lane::write_until_decided(Worker& worker, const Slice& slice) {
    const bool probe = slice.records.empty();
    for (;;) {
        if (!wait_for_turn(worker, probe)) return std::nullopt;
        worker.batches.fill(slice, monotonic_ns(write_deadline()));
        plugin::Answer answer = worker.write();
        if (events_.wrote && !probe) events_.wrote(slice.range, worker.write_us, answer);
        // A probe has no reading to reject.
        if (probe && answer.code == INGEST_REJECT) answer.code = INGEST_INTERNAL;
        if (verdict_of(answer.code) != Verdict::retry) {
            went_well(worker);
            return answer;
        }
        went_wrong(worker, answer);
    }
}

// True when this worker may write: the sink is up, or it is this worker's turn to try. A probe is
// not worth waiting for when the lane stops.
bool Lane::wait_for_turn(const Worker& worker, bool probe) {
    const MutexLock lock(mutex_);
    for (;;) {
        if (begins_no_more() || (probe && stop_by_)) return false;
        if (!down_) return true;
        if (prober_ == nullptr && Clock::now() >= retry_at_) {
            prober_ = &worker;
            return true;
        }
        // Whoever tries tells the others when it knows.
        auto until = prober_ != nullptr ? Clock::now() + wait_max : retry_at_;
        if (stop_by_) until = std::min(until, *stop_by_);
        changed_.wait_until(mutex_, until);
    }
}

void Lane::went_well(const Worker& worker) {
    bool was_down = false;
    bool first = false;
    {
        const MutexLock lock(mutex_);
        was_down = std::exchange(down_, false);
        first = !std::exchange(reached_once_, true);
        prober_ = nullptr;
        attempts_ = 0;
        presumed_connected_ = false;
        last_contact_ = Clock::now();
        counted_.write_us.count(worker.write_us);
        counted_.last_error.clear();
        if (was_down) changed_.notify_all();
    }
    if (was_down || first) log::info("deliver", "a sink can be reached", {{"sink", options_.name}});
    if (was_down) announce();
}

void Lane::went_wrong(const Worker& worker, const plugin::Answer& answer) {
    const bool passes = answer.code == INGEST_RETRY || answer.code == INGEST_TIMEOUT;
    bool was_down = false;
    bool said = false;
    {
        const MutexLock lock(mutex_);
        was_down = std::exchange(down_, true);
        said = std::exchange(passes_by_itself_, passes) == passes && was_down;
        // Workers that failed together count once; after that, only the one that tries.
        if (!was_down || prober_ == &worker) ++attempts_;
        if (prober_ == &worker) prober_ = nullptr;
        retry_at_ = Clock::now() + backoff(options_.retry, attempts_, random_fraction());
        presumed_connected_ = false;
        last_contact_ = Clock::now();
        ++counted_.retries;
        counted_.write_us.count(worker.write_us);
        counted_.last_error = answer.message;
        changed_.notify_all();
    }
    if (!said) {
        log::write(passes ? log::Level::warn : log::Level::error, "deliver",
                   passes ? "a sink is down; its readings wait in the spool"
                          : "a sink cannot work until somebody acts; its readings wait",
                   {{"sink", options_.name}, {"reason", answer.message}});
    }
    if (!was_down) announce();
}

void Lane::announce() {
    const MutexLock order(announcing_);
    bool live = false;
    {
        const MutexLock lock(mutex_);
        live = !down_;
    }
    if (live == announced_live_) return;
    announced_live_ = live;
    if (events_.live) events_.live(live);
}

// Keeps a reading that the sink can never take. False when time ran out before it was durable.
bool Lane::bury(const Slice& slice, const std::string& reason) {
    const spool::Record& record = slice.records.front();
    const std::uint64_t sequence = std::max(record.first, slice.range.first);
    model::Batch reading(record.batch->schema());
    reading.append(*record.batch, static_cast<std::int64_t>(sequence - record.first), 1);
    bool logged = false;
    for (std::uint32_t attempt = 1;; ++attempt) {
        const auto kept = dead_letters_.add({sequence, now_us(), reason}, reading);
        if (kept) break;
        if (!logged) {
            log::error("deliver", "a dead letter cannot be written; trying again",
                       {{"sink", options_.name}, {"reason", kept.error().message}});
            logged = true;
        }
        const MutexLock lock(mutex_);
        const auto until = Clock::now() + backoff(options_.retry, attempt, random_fraction());
        changed_.wait_until(mutex_, stop_by_ ? std::min(until, *stop_by_) : until);
        if (begins_no_more()) return false;
    }
    std::uint64_t letters = 0;
    {
        const MutexLock lock(mutex_);
        letters = counted_.dead_lettered + 1;
    }
    // They come in floods when they come: each time their number has doubled is enough.
    if (std::has_single_bit(letters)) {
        log::warn("deliver", "a sink refused a reading for good; it is kept as a dead letter",
                  {{"sink", options_.name},
                   {"reading_id", to_text(reading.uuid(model::column_reading_id, 0))},
                   {"reason", reason},
                   {"dead_letters", letters}});
    }
    return true;
}

// True when the cursor moved.
bool Lane::mark_done(spool::Range range, std::uint64_t readings) {
    ahead_ += readings;
    Done done{range.end, readings};
    auto next = done_.lower_bound(range.first);
    if (next != done_.begin()) {
        const auto before = std::prev(next);
        if (before->second.end == range.first) {
            range.first = before->first;
            done.readings += before->second.readings;
            done_.erase(before);
        }
    }
    if (next != done_.end() && next->first == range.end) {
        done = {next->second.end, done.readings + next->second.readings};
        done_.erase(next);
    }
    if (range.first > cursor_) {
        done_.emplace(range.first, done);
        return false;
    }
    cursor_ = done.end;
    ahead_ -= done.readings;
    return true;
}

void Lane::settle(spool::Range range, std::uint64_t rows, bool stored) {
    const bool whole = rows == range.end - range.first;
    std::uint64_t cursor = 0;
    bool moved = false;
    {
        const MutexLock lock(mutex_);
        (stored ? counted_.delivered : counted_.dead_lettered) += rows;
        const std::uint64_t readings = whole ? rows : spool_.readings_in(range);
        counted_.lost += readings - rows;
        moved = mark_done(range, readings);
        cursor = cursor_;
    }
    // Another worker may have stored a newer position by now: an older one changes nothing then.
    if (moved) spool_.advance(cursor_id_, cursor);
    if (!stored) dead_letters_.forget_before(cursor);
    if (events_.settled) events_.settled(range, stored && whole, cursor);
}

void Lane::request_stop(Clock::time_point deadline, Backlog backlog) {
    {
        const MutexLock lock(mutex_);
        leaves_backlog_ = leaves_backlog_ || backlog == Backlog::leave;
        if (backlog == Backlog::deliver_so_far) claim_until_ = spool_.end();
        stop_by_ = stop_by_ ? std::min(*stop_by_, deadline) : deadline;
        retry_at_ = Clock::now();  // a sink that came back in the meantime gets what waits
        changed_.notify_all();
        called_ = true;
    }
    spool_.wake();
}

void Lane::join() {
    std::vector<std::thread> ending;
    {
        const MutexLock crew(crew_);
        for (const auto& worker : workers_) ending.push_back(std::move(worker->thread));
    }
    for (std::thread& thread : ending)
        if (thread.joinable()) thread.join();
}

Lane::Instances Lane::resume(LaneOptions options, Instances instances, LaneEvents events) {
    join();
    const bool connected = status().connected;
    Instances former;
    events_ = std::move(events);
    {
        const MutexLock crew(crew_);
        options_ = std::move(options);
        for (const auto& worker : workers_) former.push_back(std::move(worker->sink));
        hire(std::move(instances));
    }
    {
        const MutexLock order(claiming_);
        const MutexLock lock(mutex_);
        next_ = cursor_;  // what was claimed and not settled is claimed again
        unreadable_ = false;
        called_ = false;
        stop_by_.reset();
        leaves_backlog_ = false;
        claim_until_ = UINT64_MAX;
        // Nothing is known of where the new ones lead, but that it is most likely there.
        down_ = false;
        prober_ = nullptr;
        reached_once_ = false;
        attempts_ = 0;
        presumed_connected_ = connected;
        probe_asked_ = true;
        last_contact_ = {};
        counted_.last_error.clear();
    }
    announce();
    start_workers();
    return former;
}

LaneStatus Lane::status() const {
    bool reachable = false;
    bool overdue = false;
    {
        const MutexLock crew(crew_);
        for (const auto& worker : workers_) {
            reachable = reachable || worker->connected;
            overdue = overdue || worker->is_overdue(options_.call_patience);
        }
    }
    const MutexLock lock(mutex_);
    LaneStatus status = counted_;
    status.connected = !overdue && (presumed_connected_ || (reachable && !down_));
    status.cursor = cursor_;
    const spool::Tally now = spool_.tally(cursor_);
    status.accepted = at_start_.beyond + now.acknowledged - at_start_.acknowledged;
    status.waiting = now.beyond - ahead_;  // those are counted as delivered and so on
    return status;
}

void Lane::ask_probe() {
    {
        const MutexLock lock(mutex_);
        const auto now = Clock::now();
        if (down_ || stop_by_ || probe_asked_ || now < last_contact_ + probe_interval) return;
        probe_asked_ = true;
        last_contact_ = now;
        called_ = true;
    }
    spool_.wake();
}

}  // namespace ingest::deliver
