#include <utility>

#include "app/exit_terms.h"
#include "app/exits.h"
#include "base/log.h"

// How exits become those of another edition.
namespace ingest::app {

Result<std::unique_ptr<Exits::Change>> Exits::prepare(const Edition& next,
                                                      const Difference& difference,
                                                      Instances made) const {
    auto change = std::make_unique<Change>(Change{next, difference, std::move(made), {}, {}, {}});
    if (difference.board) change->board = make_board(next.config);
    intake::AckBoard* acks = difference.board ? change->board.get() : acks_.get();
    for (std::size_t i = 0; i < next.plan.sinks.size(); ++i) {
        auto& added = change->added.emplace_back();
        if (difference.sinks[i].what != SinkFate::What::add) continue;
        auto exit =
            make_exit(next, next.plan.sinks[i], std::move(change->made.sinks[i]), acks);
        if (!exit) return exit.error();
        added = std::move(*exit);
    }
    if (auto opened = open_cursors(next, difference); !opened) return opened.error();
    if (difference.queries) {
        change->readers = make_readers(next.config, std::move(change->made.queries));
    }
    return change;
}

// Of the sinks that are new: all of them, or none.
Result<void> Exits::open_cursors(const Edition& next, const Difference& difference) const {
    std::vector<std::string> opened;
    std::vector<std::string> created;
    for (std::size_t i = 0; i < next.plan.sinks.size(); ++i) {
        if (difference.sinks[i].what != SinkFate::What::add) continue;
        const std::string& sink = next.plan.sinks[i].config->name;
        const auto cursor = spool_.open_cursor(sink);
        if (!cursor) {
            for (const std::string& name : opened) spool_.close_cursor(name);
            for (const std::string& name : created) {
                const auto dropped = spool_.drop_orphan(name);
                if (!dropped) log::error("app", dropped.error().message, {{"sink", name}});
            }
            return cursor.error();
        }
        opened.push_back(sink);
        if (cursor->created) created.push_back(sink);
    }
    return {};
}

void Exits::change_board(Change& change) {
    if (change.difference.board) std::swap(acks_, change.board);
}

void Exits::finish(Change& change, std::chrono::steady_clock::time_point deadline) {
    const Difference& difference = change.difference;
    const std::vector<Exit*> former = all();
    for (const SinkFate& fate : difference.sinks) {
        if (fate.what != SinkFate::What::rebuild) continue;
        former[fate.before]->lane->request_stop(deadline, deliver::Backlog::leave);
    }
    for (const std::size_t at : difference.sinks_removed) {
        former[at]->lane->request_stop(deadline, deliver::Backlog::deliver_so_far);
    }
    const auto leaving = replace(change);
    const std::vector<Exit*> exits = all();
    // A write that does not end may keep the lanes that are rebuilt waiting, but not the new ones.
    for (std::size_t i = 0; i < exits.size(); ++i) {
        if (difference.sinks[i].what == SinkFate::What::add) start(*exits[i]);
    }
    for (std::size_t i = 0; i < exits.size(); ++i) {
        if (difference.sinks[i].what == SinkFate::What::rebuild) resume(*exits[i], i, change);
    }
    // Who waits for the former storage sink is told now.
    if (difference.board && change.board) change.board->close();
    if (difference.queries && change.readers) change.readers->finish();
    for (const auto& exit : leaving) end(*exit);
}

// What the cores see from now on. Returns what they do not.
std::vector<std::unique_ptr<Exits::Exit>> Exits::replace(Change& change) {
    const auto& sinks = change.next.plan.sinks;
    std::vector<std::unique_ptr<Exit>> exits;
    std::vector<std::unique_ptr<Exit>> leaving;
    const MutexLock lock(asking_);
    for (std::size_t i = 0; i < sinks.size(); ++i) {
        const SinkFate& fate = change.difference.sinks[i];
        auto& from = fate.what == SinkFate::What::add ? change.added[i] : exits_[fate.before];
        exits.push_back(std::move(from));
        exits.back()->required = is_required(*sinks[i].config);
    }
    for (const std::size_t at : change.difference.sinks_removed) {
        leaving.push_back(std::move(exits_[at]));
    }
    exits_ = std::move(exits);
    if (change.difference.queries) std::swap(readers_, change.readers);
    return leaving;
}

void Exits::start(Exit& exit) {
    // Its cursor is open, which is all that can fail.
    const auto started = exit.lane->start();
    if (!started) log::error("app", started.error().message, {{"sink", exit.sink}});
}

// The former instances end here.
void Exits::resume(Exit& exit, std::size_t at, Change& change) {
    const auto& [config, plan] = change.next;
    const config::Sink& sink = *plan.sinks[at].config;
    exit.lane->resume(lane_options(config, sink), std::move(change.made.sinks[at]),
                      lane_events(config, sink, acks_.get(), tracer_));
}

void Exits::end(Exit& exit) {
    exit.lane->join();
    spool_.close_cursor(exit.sink);
    const deliver::LaneStatus status = exit.lane->status();
    log_end(status);
    if (status.waiting == 0) return;
    log::warn("app", "readings wait for a sink that is not configured; they are kept",
              {{"sink", exit.sink}, {"position", status.cursor}, {"waiting", status.waiting}});
}

}  // namespace ingest::app
