#include "app/exits.h"

#include "app/exit_terms.h"
#include "base/log.h"

namespace ingest::app {
std::vector<Exits::Exit*> Exits::all() const {
    const MutexLock lock(asking_);
    std::vector<Exit*> all;
    for (const auto& exit : exits_) all.push_back(exit.get());
    return all;
}

Result<void> Exits::open(const Edition& edition, Instances& instances) {
    acks_ = make_board(edition.config);
    std::vector<std::unique_ptr<Exit>> exits;
    for (std::size_t i = 0; i < edition.plan.sinks.size(); ++i) {
        auto exit = make_exit(edition, edition.plan.sinks[i], std::move(instances.sinks[i]),
                              acks_.get());
        if (!exit) return exit.error();
        exits.push_back(std::move(*exit));
    }
    auto readers = make_readers(edition.config, std::move(instances.queries));
    {
        const MutexLock lock(asking_);
        exits_ = std::move(exits);
        readers_ = std::move(readers);
    }
    for (Exit* exit : all()) {
        if (auto started = exit->lane->start(); !started) return started.error();
    }
    for (const spool::CursorState& cursor : spool_.cursors()) {
        if (!cursor.orphaned) continue;
        log::warn("app", "readings wait for a sink that is not configured; they are kept",
                  {{"sink", cursor.sink}, {"position", cursor.position}});
    }
    return {};
}

std::unique_ptr<intake::AckBoard> Exits::make_board(const config::Config& config) const {
    if (config.ack != config::Ack::sink) return nullptr;
    intake::AckBoard::Options options;
    options.timeout = config.ack_timeout;
    spool::Range backlog{spool_.end(), spool_.end()};
    for (const spool::CursorState& cursor : spool_.cursors()) {
        if (cursor.sink == config.sinks[*config.storage].name) backlog.first = cursor.position;
    }
    return std::make_unique<intake::AckBoard>(options, backlog);
}

std::unique_ptr<deliver::Readers> Exits::make_readers(
    const config::Config& config, std::vector<std::unique_ptr<plugin::Query>> instances) const {
    if (instances.empty()) return nullptr;
    deliver::Readers::Options options;
    options.timeout = config.query.timeout;
    return std::make_unique<deliver::Readers>(options, schema_, std::move(instances));
}

Result<std::unique_ptr<Exits::Exit>> Exits::make_exit(const Edition& edition,
                                                      const PlannedSink& sink,
                                                      deliver::Lane::Instances instances,
                                                      intake::AckBoard* acks) const {
    const auto& [config, plan] = edition;
    auto letters = deliver::DeadLetters::open(config.spool.dir / "dead-letters", sink.config->name,
                                              schema_, spool::posix_files());
    if (!letters) return letters.error();
    auto exit = std::make_unique<Exit>();
    exit->sink = sink.config->name;
    exit->required = is_required(*sink.config);
    exit->dead_letters = std::move(*letters);
    exit->lane = std::make_unique<deliver::Lane>(
        lane_options(config, *sink.config), spool_, *exit->dead_letters, std::move(instances),
        lane_events(config, *sink.config, acks, tracer_));
    return exit;
}

void Exits::drain(std::chrono::steady_clock::time_point deadline, deliver::Backlog backlog) {
    for (Exit* exit : all()) exit->lane->request_stop(deadline, backlog);
    for (Exit* exit : all()) exit->lane->join();
    if (acks_) acks_->close();
    deliver::Readers* readers = nullptr;
    {
        const MutexLock lock(asking_);
        readers = readers_.get();
    }
    if (readers != nullptr) readers->stop();
}

void Exits::log_end(const deliver::LaneStatus& status) {
    log::info("app", "a sink's lane has ended",
              {{"sink", status.name},
               {"delivered", status.delivered},
               {"waiting", status.waiting},
               {"dead_lettered", status.dead_lettered}});
}

void Exits::log_end() const {
    for (const Exit* exit : all()) log_end(exit->lane->status());
}

std::vector<observe::SinkHealth> Exits::health() {
    std::vector<observe::SinkHealth> sinks;
    const MutexLock lock(asking_);
    for (const auto& exit : exits_) {
        exit->lane->ask_probe();
        sinks.push_back({exit->sink, exit->lane->status().connected, exit->required});
    }
    return sinks;
}

std::vector<observe::SinkLedger> Exits::ledger() const {
    std::vector<observe::SinkLedger> sinks;
    const MutexLock lock(asking_);
    for (const auto& exit : exits_) {
        const deliver::LaneStatus lane = exit->lane->status();
        sinks.push_back({.name = lane.name,
                         .connected = lane.connected,
                         .cursor = lane.cursor,
                         .accepted = lane.accepted,
                         .delivered = lane.delivered,
                         .waiting = lane.waiting,
                         .dead_lettered = lane.dead_lettered,
                         .lost = lane.lost,
                         .retries = lane.retries,
                         .write_us = lane.write_us});
    }
    return sinks;
}

void Exits::latest(std::string equipment_id, std::uint32_t limit,
                   std::function<void(http::LatestAnswer)> done) {
    const MutexLock lock(asking_);
    if (!readers_) {
        done({http::LatestAnswer::Kind::unsupported, std::nullopt});
        return;
    }
    readers_->latest(std::move(equipment_id), limit,
                     [done = std::move(done)](std::unique_ptr<model::Batch> batch) {
                         http::LatestAnswer answer;
                         if (batch) {
                             answer.kind = http::LatestAnswer::Kind::rows;
                             answer.rows = std::move(*batch);
                         }
                         done(std::move(answer));
                     });
}

}  // namespace ingest::app
