#include "spool/spool.h"

#include <utility>

#include "spool/committer.h"
#include "spool/log.h"

namespace ingest::spool {

Result<std::unique_ptr<Spool>> Spool::open(Options options, const model::Schema& schema,
                                           FileSystem& files) {
    auto log = Log::open(std::move(options), schema, files);
    if (!log) return log.error();
    auto committer = std::make_unique<Committer>(**log);
    return std::unique_ptr<Spool>(new Spool(std::move(*log), std::move(committer)));
}

Spool::Spool(std::unique_ptr<Log> log, std::unique_ptr<Committer> committer)
    : log_(std::move(log)), committer_(std::move(committer)) {}

Spool::~Spool() { close(); }

void Spool::submit(model::Batch batch, Done done) {
    committer_->submit({std::move(batch), std::move(done)});
}

State Spool::state() const noexcept { return log_->state(); }
std::uint64_t Spool::waiting_bytes() const noexcept { return committer_->waiting_bytes(); }
std::uint64_t Spool::used_bytes() const noexcept { return log_->used_bytes(); }
std::uint64_t Spool::size_max() const noexcept { return log_->options().size_max; }
std::uint64_t Spool::begin() const noexcept { return log_->begin(); }
std::uint64_t Spool::end() const noexcept { return log_->end(); }

std::uint64_t Spool::readings_in(Range range) const { return log_->readings_in(range); }
Tally Spool::tally(std::uint64_t from) const { return log_->tally(from); }

Result<Run> Spool::read(std::uint64_t from, std::int64_t rows_max) {
    return log_->read(from, rows_max);
}

bool Spool::wait_beyond(std::uint64_t position, std::chrono::steady_clock::time_point deadline,
                        const std::atomic<bool>& stop) {
    return log_->wait_beyond(position, deadline, stop);
}

void Spool::wake() noexcept { log_->wake(); }

Result<OpenedCursor> Spool::open_cursor(std::string_view sink) { return log_->open_cursor(sink); }

void Spool::advance(CursorId cursor, std::uint64_t position) {
    if (log_->advance(cursor, position)) committer_->nudge();
}

std::vector<CursorState> Spool::cursors() const { return log_->cursors(); }

void Spool::close_cursor(std::string_view sink) { log_->close_cursor(sink); }

Result<void> Spool::drop_orphan(std::string_view sink) {
    auto dropped = log_->drop_orphan(sink);
    committer_->nudge();
    return dropped;
}

Counters Spool::counters() const { return log_->counters(); }

void Spool::close() { committer_->close(); }

}  // namespace ingest::spool
