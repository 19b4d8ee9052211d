#include "app/assembly.h"

#include <algorithm>
#include <thread>

#include <web/assets.h>

#include "app/loaded_plugins.h"
#include "app/memory_bounds.h"
#include "app/version.h"
#include "ingest/intake.h"

namespace ingest::app {
namespace {

using Clock = std::chrono::steady_clock;

// Of the time to drain, what requests in flight may take; the rest is the lanes'.
constexpr double front_share_of_drain = 0.5;

// Between two writes of a sink whose commit no client waits for.
constexpr std::chrono::milliseconds write_interval{2};

decode::UnknownFields to_decode(config::UnknownFields unknown) noexcept {
    switch (unknown) {
        case config::UnknownFields::ignore: return decode::UnknownFields::ignore;
        case config::UnknownFields::reject: return decode::UnknownFields::reject;
        case config::UnknownFields::keep: break;
    }
    return decode::UnknownFields::keep;
}

std::string_view state_name(spool::State state) noexcept {
    switch (state) {
        case spool::State::accepting: return "accepting";
        case spool::State::full: return "full";
        case spool::State::failed: return "failed";
        case spool::State::closed: break;
    }
    return "closed";
}

http::Limits to_http(const config::Limits& from) {
    http::Limits limits;
    limits.request_line_max = from.request_line_bytes;
    limits.headers_max = from.header_bytes;
    limits.fields_max = from.header_fields;
    limits.body_max = from.body_bytes;
    limits.handshake_timeout = from.handshake_timeout;
    limits.handshakes_max = from.handshakes;
    limits.header_timeout = from.header_timeout;
    limits.body_timeout = from.body_timeout;
    limits.body_rate_min = from.body_rate_min;
    limits.idle_timeout = from.idle_timeout;
    limits.write_timeout = from.write_timeout;
    limits.connections_max = from.connections;
    limits.connections_per_address_max = from.connections_per_address;
    limits.in_flight_bytes_max = from.in_flight_bytes;
    return limits;
}

// Whether some validator stores ids in upper case, so that lookups should.
bool upper_cases_ids(const Plan& plan) {
    return std::ranges::any_of(plan.validators, [](const PlannedValidator& validator) {
        const auto found = validator.options.find("uppercase");
        const auto& writes = validator.library->manifest().writes;
        return std::ranges::find(writes, "equipment_id") != writes.end() &&
               found != validator.options.end() && *found == true;
    });
}

ApiFacts facts_of(const config::Config& config, const Plan& plan) {
    ApiFacts facts;
    facts.service = config.service.name;
    facts.version = version();
    facts.readings_max = config.http.batch.readings_max;
    facts.body_bytes_max = config.http.limits.body_bytes;
    facts.text_bytes_max = static_cast<std::uint32_t>(config.reading.text_bytes_max);
    facts.unknown_fields_refused = config.reading.unknown_fields == config::UnknownFields::reject;
    facts.answers_queries = config.storage && plan.sinks[*config.storage].library->query();
    for (const config::Sink& sink : config.sinks) facts.sinks.push_back(sink.name);
    for (const PlannedValidator& validator : plan.validators) {
        facts.validators.push_back({&validator.library->manifest(), validator.options});
    }
    return facts;
}

// Half of the processor's: the others have the committer, the lanes and often the stores to run.
// One takes far more than the stores do (docs/PERFORMANCE.md), and two where one does cost more
// than they bring, because each makes groups and wake-ups of its own.
unsigned cores_by_default() noexcept {
    return std::max(1U, std::thread::hardware_concurrency() / 2);
}

}  // namespace

Result<std::unique_ptr<Assembly>> Assembly::start(const config::Config& config, const Plan& plan,
                                                  const Opening& opening,
                                                  config::Diagnostics& diagnostics) {
    std::unique_ptr<Assembly> assembly(new Assembly(config, plan));
    assembly->call_watch_ = opening.call_watch;
    assembly->cores_ = config.http.threads != 0 ? config.http.threads : cores_by_default();
    Instances made = make_instances(config, plan, assembly->cores_, diagnostics);
    if (!diagnostics.empty()) return Error{"a plugin refuses its options"};
    assembly->validators_ = std::move(made.validators);
    auto socket = assembly->open_socket(opening);
    if (!socket) return socket.error();
    if (auto opened = assembly->open_spool(opening); !opened) return opened.error();
    if (auto opened = assembly->open_exits(std::move(made.sinks)); !opened) return opened.error();
    if (auto opened = assembly->open_front(std::move(made.queries), std::move(*socket)); !opened) {
        return opened.error();
    }
    assembly->log_bounds();
    return assembly;
}

const PlannedSink* Assembly::storage() const noexcept {
    return config_.storage ? &plan_.sinks[*config_.storage] : nullptr;
}

Result<http::ListeningSocket> Assembly::open_socket(const Opening& opening) {
    passed_ = opening.passed_socket.has_value();
    auto socket = passed_ ? http::ListeningSocket::adopt(*opening.passed_socket)
                          : http::ListeningSocket::bind(config_.http.host, config_.http.port);
    if (!socket) return socket;
    host_ = socket->host();
    if (passed_) {
        log::info("app", "a socket was passed; http.host and http.port do not count",
                  {{"host", host_}, {"port", socket->port()}});
    }
    return socket;
}

Result<void> Assembly::open_spool(const Opening& opening) {
    spool::Options options;
    options.dir = config_.spool.dir;
    options.segment_bytes = config_.spool.segment_size;
    options.size_max = config_.spool.size_max;
    options.memory_tail_bytes_max = config_.spool.memory;
    options.wait_for_owner = opening.wait_for_owner;
    auto spool = spool::Spool::open(options, *plan_.schema, spool::posix_files());
    if (!spool) return spool.error();
    spool_ = std::move(*spool);
    return {};
}

Result<void> Assembly::open_exits(
    std::vector<std::vector<std::unique_ptr<plugin::Sink>>> instances) {
    if (config_.ack == config::Ack::sink) {
        intake::AckBoard::Options options;
        options.timeout = config_.ack_timeout;
        spool::Range backlog{spool_->end(), spool_->end()};
        for (const spool::CursorState& cursor : spool_->cursors())
            if (cursor.sink == storage()->config->name) backlog.first = cursor.position;
        acks_ = std::make_unique<intake::AckBoard>(options, backlog);
    }
    for (std::size_t i = 0; i < plan_.sinks.size(); ++i) {
        const PlannedSink& sink = plan_.sinks[i];
        auto letters = deliver::DeadLetters::open(config_.spool.dir / "dead-letters",
                                                  sink.config->name, *plan_.schema,
                                                  spool::posix_files());
        if (!letters) return letters.error();

        deliver::LaneOptions options;
        options.name = sink.config->name;
        options.write_rows_max = sink.config->batch_rows_max;
        options.write_timeout = sink.config->write_timeout;
        options.retry = {sink.config->retry_delay_min, sink.config->retry_delay_max};
        deliver::LaneEvents events;
        const bool awaited = acks_ && &sink == storage();
        if (!awaited) options.write_interval = write_interval;
        if (awaited) {
            events.settled = [this](spool::Range range, bool stored, std::uint64_t cursor) {
                acks_->settled(range, stored, cursor);
            };
            events.live = [this](bool live) { acks_->set_live(live); };
        }
        Exit& exit = exits_.emplace_back();
        exit.sink = &sink;
        exit.dead_letters = std::move(*letters);
        exit.lane = std::make_unique<deliver::Lane>(options, *spool_, *exit.dead_letters,
                                                    std::move(instances[i]), std::move(events));
    }
    // All cursors before the first reading, or it could be removed before a sink had it.
    for (Exit& exit : exits_) {
        if (auto started = exit.lane->start(); !started) return started.error();
    }
    for (const spool::CursorState& cursor : spool_->cursors()) {
        if (!cursor.orphaned) continue;
        log::warn("app", "readings wait for a sink that is not configured; they are kept",
                  {{"sink", cursor.sink}, {"position", cursor.position}});
    }
    return {};
}

Result<void> Assembly::open_front(std::vector<std::unique_ptr<plugin::Query>> queries,
                                  http::ListeningSocket socket) {
    if (!queries.empty()) {
        deliver::Readers::Options options;
        options.timeout = config_.query.timeout;
        readers_ = std::make_unique<deliver::Readers>(options, *plan_.schema, std::move(queries));
    }
    openapi_ = openapi_document(facts_of(config_, plan_), *plan_.schema);

    http::Options options;
    options.threads = cores_;
    options.limits = to_http(config_.http.limits);
    options.limits.outcome_bytes_max = outcome_bytes_max(config_, *plan_.schema);
    options.cors.origins = config_.http.cors_origins;
    options.rate_limit = {config_.http.rate_limit.enabled, config_.http.rate_limit.per_minute};
    options.service = config_.service.name;
    options.version = version();
    options.tls = plan_.tls;
    options.uppercase_ids = upper_cases_ids(plan_);
    auto server = http::Server::start(std::move(socket), options, services());
    if (!server) return server.error();
    server_ = std::move(*server);
    return {};
}

http::Services Assembly::services() {
    http::Services services;
    services.make_front = [this](unsigned core) -> std::unique_ptr<intake::Front> {
        intake::Intake::Options options;
        options.decode.unknown_fields = to_decode(config_.reading.unknown_fields);
        options.decode.readings_max = config_.http.batch.readings_max;
        options.decode.text_bytes_max = config_.reading.text_bytes_max;
        return std::make_unique<intake::Intake>(options, *plan_.schema, validators_->steps(core),
                                                *spool_, acks_.get());
    };
    services.health = [this] { return health(); };
    services.readiness = [this] { return readiness(); };
    services.ledger = [this] { return ledger(); };
    services.plugins = [this] { return plugins(); };
    services.overload = [this] { return overload(); };
    services.latest = [this](std::string equipment_id, std::uint32_t limit,
                             std::function<void(http::LatestAnswer)> done) {
        latest(std::move(equipment_id), limit, std::move(done));
    };
    for (const web::Asset& asset : web::assets()) {
        services.assets.push_back(
            {std::string(asset.path), std::string(asset.content_type), asset.bytes});
    }
    services.assets.push_back({"/api/v1/openapi.json", "application/json", openapi_});
    return services;
}

std::optional<intake::Overload> Assembly::overload() {
    intake::SpoolLoad load;
    load.state = spool_->state();
    if (load.state == spool::State::accepting) return std::nullopt;
    std::uint64_t slowest = spool_->end();
    for (const spool::CursorState& cursor : spool_->cursors())
        slowest = std::min(slowest, cursor.position);
    load.used_bytes = spool_->used_bytes();
    load.segment_bytes = config_.spool.segment_size;
    load.readings_kept = spool_->end() - spool_->begin();
    load.drained_per_second = pace_.per_second(slowest, Clock::now());
    return intake::admit(load);
}

void Assembly::latest(std::string equipment_id, std::uint32_t limit,
                      std::function<void(http::LatestAnswer)> done) {
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

observe::Health Assembly::health() {
    observe::Health health;
    health.healthy = spool_->state() != spool::State::failed;
    health.uptime_seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    for (const Exit& exit : exits_) {
        exit.lane->ask_probe();
        health.sinks.push_back(
            {exit.sink->config->name, exit.lane->status().connected,
             exit.sink->config->ready == config::Sink::Ready::required});
    }
    if (call_watch_ == nullptr) return health;
    for (const plugin::StuckCall& call : call_watch_->stuck()) {
        health.stuck_calls.push_back({call.plugin, call.function, call.seconds});
    }
    return health;
}

observe::Readiness Assembly::readiness() {
    observe::Readiness readiness;
    for (const observe::SinkHealth& sink : health().sinks) {
        readiness.checks.push_back({sink.name, sink.connected});
        readiness.ready = readiness.ready && (sink.connected || !sink.required);
    }
    const bool accepting = spool_->state() == spool::State::accepting;
    readiness.checks.push_back({"spool", accepting});
    readiness.ready = readiness.ready && accepting && !draining_;
    return readiness;
}

observe::Ledger Assembly::ledger() const {
    observe::Ledger ledger;
    const spool::Counters counted = spool_->counters();
    ledger.spool = {.state = state_name(spool_->state()),
                    .begin = spool_->begin(),
                    .end = spool_->end(),
                    .used_bytes = spool_->used_bytes(),
                    .size_max = spool_->size_max(),
                    .accepted = counted.readings,
                    .groups = counted.groups,
                    .records = counted.records,
                    .bytes_written = counted.bytes_written,
                    .failed_groups = counted.failed_groups,
                    .sync_errors = counted.sync_errors,
                    .cursor_errors = counted.cursor_errors,
                    .segments = counted.segments,
                    .segments_recycled = counted.segments_recycled,
                    .torn_tail_bytes = counted.torn_tail_bytes,
                    .quarantined_bytes = counted.quarantined_bytes,
                    .quarantined_ranges = counted.quarantined_ranges,
                    .lost = counted.lost_readings};
    for (const Exit& exit : exits_) {
        const deliver::LaneStatus lane = exit.lane->status();
        ledger.sinks.push_back({.name = lane.name,
                                .connected = lane.connected,
                                .cursor = lane.cursor,
                                .accepted = lane.accepted,
                                .delivered = lane.delivered,
                                .waiting = lane.waiting,
                                .dead_lettered = lane.dead_lettered,
                                .lost = lane.lost,
                                .retries = lane.retries});
    }
    return ledger;
}

observe::Plugins Assembly::plugins() const { return loaded_plugins(plan_, *validators_); }

void Assembly::log_bounds() const {
    const MemoryBounds bounds = memory_bounds(config_, *plan_.schema, cores_);
    log::info("app", "bounds on memory, in bytes",
              {{"sum", bounds.sum()},
               {"requests", bounds.requests},
               {"connections", bounds.connections},
               {"cores", bounds.cores},
               {"commit", bounds.commit},
               {"spool", bounds.spool},
               {"sinks", bounds.sinks},
               {"queries", bounds.queries},
               {"process", bounds.process}});
}

void Assembly::drain(Clock::time_point deadline) {
    draining_ = true;
    const auto left = std::max(Clock::duration(0), deadline - Clock::now());
    if (server_) {
        server_->drain(
            std::chrono::duration_cast<std::chrono::milliseconds>(left * front_share_of_drain));
    }
    const auto backlog = passed_ ? deliver::Backlog::leave : deliver::Backlog::deliver;
    for (Exit& exit : exits_) exit.lane->request_stop(deadline, backlog);
    for (Exit& exit : exits_) exit.lane->join();
    if (acks_) acks_->close();
    if (readers_) readers_->stop();
    spool_->close();
    for (const Exit& exit : exits_) {
        const deliver::LaneStatus status = exit.lane->status();
        log::info("app", "a sink's lane has ended",
                  {{"sink", status.name},
                   {"delivered", status.delivered},
                   {"waiting", status.waiting},
                   {"dead_lettered", status.dead_lettered}});
    }
}

Assembly::~Assembly() {
    if (spool_ && !draining_) drain(Clock::now());
    // The committer's callbacks use the board and the lanes: the spool has been closed, so they
    // may go in the reverse order of the members.
}

}  // namespace ingest::app
