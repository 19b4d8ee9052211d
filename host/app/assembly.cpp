#include "app/assembly.h"

#include <algorithm>
#include <thread>

#include <web/assets.h>

#include "app/front_terms.h"
#include "app/loaded_plugins.h"
#include "app/memory_bounds.h"
#include "app/memory_limit.h"
#include "app/version.h"
#include "base/log_loss.h"
#include "http/address.h"
#include "observe/metrics.h"

namespace ingest::app {
namespace {

using Clock = std::chrono::steady_clock;

// Of the time to drain, what requests in flight may take; the rest is the lanes'.
constexpr double front_share_of_drain = 0.5;

std::string_view state_name(spool::State state) noexcept {
    switch (state) {
        case spool::State::accepting: return "accepting";
        case spool::State::full: return "full";
        case spool::State::failed: return "failed";
        case spool::State::closed: break;
    }
    return "closed";
}

// Half of the processor's: the others have the committer, the lanes and often the stores to run.
// One takes far more than the stores do (docs/PERFORMANCE.md), and two where one does cost more
// than they bring, because each makes groups and wake-ups of its own.
unsigned cores_by_default() noexcept {
    return std::max(1U, std::thread::hardware_concurrency() / 2);
}

}  // namespace

Result<std::unique_ptr<Assembly>> Assembly::start(std::unique_ptr<Edition> edition,
                                                  const Opening& opening,
                                                  config::Diagnostics& diagnostics) {
    std::unique_ptr<Assembly> assembly(new Assembly(std::move(edition)));
    assembly->call_watch_ = opening.call_watch;
    const auto& [config, plan] = *assembly->edition_;
    assembly->cores_ = config.http.threads != 0 ? config.http.threads : cores_by_default();
    Instances made = make_instances(config, plan, assembly->cores_, diagnostics);
    if (!diagnostics.empty()) return Error{"a plugin refuses its options"};
    assembly->validators_ = std::move(made.validators);
    assembly->tell_of(*assembly->edition_, *assembly->validators_);
    auto socket = assembly->open_socket(opening);
    if (!socket) return socket.error();
    if (auto opened = assembly->open_spool(opening); !opened) return opened.error();
    if (config.tracing) {
        assembly->tracing_ = std::make_unique<Tracing>(*config.tracing, config.service);
    }
    assembly->exits_ = std::make_unique<Exits>(*assembly->spool_, *assembly->schema_,
                                               assembly->tracer());
    if (auto opened = assembly->exits_->open(*assembly->edition_, made); !opened) {
        return opened.error();
    }
    auto admin = assembly->bind_admin();
    if (!admin) return admin.error();
    assembly->open_control();
    // Before the first request: who is answered finds it in the log, and can ask for a reload.
    assembly->warn_of_strangers();
    assembly->log_bounds();
    if (auto opened = assembly->open_front(std::move(*socket)); !opened) return opened.error();
    if (auto opened = assembly->open_admin(std::move(*admin)); !opened) return opened.error();
    return assembly;
}

Result<http::ListeningSocket> Assembly::open_socket(const Opening& opening) {
    const config::Http& configured = edition_->config.http;
    passed_ = opening.passed_socket.has_value();
    auto socket = passed_ ? http::ListeningSocket::adopt(*opening.passed_socket)
                          : http::ListeningSocket::bind(configured.host, configured.port);
    if (!socket && passed_) return socket;
    if (!socket) return Error{"http.host, http.port (HOST, PORT): " + socket.error().message};
    host_ = socket->host();
    if (passed_) {
        log::info("app", "a socket was passed; http.host and http.port do not count",
                  {{"host", host_}, {"port", socket->port()}});
    }
    return socket;
}

Result<void> Assembly::open_spool(const Opening& opening) {
    const config::Spool& configured = edition_->config.spool;
    spool::Options options;
    options.dir = configured.dir;
    options.segment_bytes = segment_bytes_ = configured.segment_size;
    options.size_max = configured.size_max;
    options.memory_tail_bytes_max = configured.memory;
    options.wait_for_owner = opening.wait_for_owner;
    auto spool = spool::Spool::open(options, *schema_, spool::posix_files());
    if (!spool) return spool.error();
    spool_ = std::move(*spool);
    return {};
}

void Assembly::open_control() {
    auto opened = ControlSocket::open(edition_->config.spool.dir);
    if (opened) {
        control_ = std::move(*opened);
    } else {
        log::warn("app", "`ingest-host reload` cannot reach this host; SIGHUP does",
                  {{"reason", opened.error().message}});
    }
}

Result<void> Assembly::open_front(http::ListeningSocket socket) {
    auto server =
        http::Server::start(std::move(socket), http_options(*edition_, cores_), services());
    if (!server) return server.error();
    server_ = std::move(*server);
    return {};
}

// After the spool: a process that this one takes the place of has let go of the port by then.
// Before the front: a start that fails for it has taken no reading.
Result<std::optional<http::ListeningSocket>> Assembly::bind_admin() const {
    const auto& configured = edition_->config.admin;
    if (!configured) return std::optional<http::ListeningSocket>();
    auto socket = http::ListeningSocket::bind(configured->host, configured->port);
    if (!socket) return Error{"admin.host, admin.port: " + socket.error().message};
    const auto address = parse_ip(socket->host());
    if (!address || !http::Address::of(*address).is_loopback()) {
        log::warn("app", "whoever reaches this port can read metrics and what is loaded",
                  {{"listener", "admin"}, {"host", socket->host()}, {"port", socket->port()}});
    }
    return std::optional(std::move(*socket));
}

// After the front, whose counters it tells.
Result<void> Assembly::open_admin(std::optional<http::ListeningSocket> socket) {
    if (!socket) return {};
    http::Services services = common_services();
    services.metrics = [this](const observe::HttpCounts&) { return metrics(server_->counters()); };
    auto server =
        http::Server::start(std::move(*socket), admin_options(*edition_), std::move(services));
    if (!server) return server.error();
    admin_ = std::move(*server);
    return {};
}

// Once, at the start: who changes it while the host runs has read of it.
void Assembly::warn_of_strangers() const {
    const auto address = parse_ip(host_);
    if (address && http::Address::of(*address).is_loopback()) return;
    const auto& tls = edition_->config.http.tls;
    const bool knows_clients =
        tls && !tls->client_ca.path.empty() &&
        tls->client_certificates == config::Tls::ClientCertificates::required;
    if (edition_->plan.gate || knows_clients) return;
    log::warn("app",
              "whoever reaches this port can send and read: nobody is asked for a key or token; "
              "see http.auth in docs/configuration.md",
              {{"host", host_}});
}

http::Services Assembly::common_services() {
    http::Services services;
    services.health = [this] { return health(); };
    services.readiness = [this] { return readiness(); };
    services.ledger = [this] { return ledger(); };
    services.plugins = [this] { return plugins(); };
    return services;
}

http::Services Assembly::services() {
    http::Services services = common_services();
    services.tracer = tracer();
    services.make_front = [this](unsigned core) -> std::unique_ptr<intake::Front> {
        intake::Intake::Options options = intake_options(*edition_);
        options.tracer = tracer();
        return std::make_unique<intake::Intake>(options, *schema_, validators_->steps(core),
                                                *spool_, exits_->acks());
    };
    if (!edition_->config.admin) {
        services.metrics = [this](const observe::HttpCounts& http) { return metrics(http); };
    }
    services.overload = [this] { return overload(); };
    services.latest = [this](std::string equipment_id, std::uint32_t limit,
                             std::function<void(http::LatestAnswer)> done) {
        exits_->latest(std::move(equipment_id), limit, std::move(done));
    };
    services.assets = assets();
    return services;
}

std::vector<http::Asset> Assembly::assets() const {
    std::vector<http::Asset> assets;
    for (const web::Asset& asset : web::assets()) {
        assets.push_back(
            {std::string(asset.path), std::string(asset.content_type), asset.bytes, nullptr});
    }
    // Shared: with requests that are answered with it, see http::Asset.
    const auto openapi = std::make_shared<const std::string>(openapi_of(*edition_));
    assets.push_back({"/api/v1/openapi.json", "application/json", *openapi, openapi});
    return assets;
}

std::optional<intake::Overload> Assembly::overload() {
    intake::SpoolLoad load;
    load.state = spool_->state();
    if (load.state == spool::State::accepting) return std::nullopt;
    std::uint64_t slowest = spool_->end();
    for (const spool::CursorState& cursor : spool_->cursors())
        slowest = std::min(slowest, cursor.position);
    load.used_bytes = spool_->used_bytes();
    load.segment_bytes = segment_bytes_;
    load.readings_kept = spool_->end() - spool_->begin();
    load.drained_per_second = pace_.per_second(slowest, Clock::now());
    return intake::admit(load);
}

observe::Health Assembly::health() {
    observe::Health health;
    health.healthy = spool_->state() != spool::State::failed;
    health.uptime_seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    health.sinks = exits_->health();
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
                    .lost = counted.lost_readings,
                    .waiting_bytes = spool_->waiting_bytes(),
                    .group_readings = counted.group_readings,
                    .commit_us = counted.commit_us};
    ledger.sinks = exits_->ledger();
    return ledger;
}

std::string Assembly::metrics(const observe::HttpCounts& http) {
    observe::Metrics metrics;
    metrics.version = version();
    metrics.http = http;
    metrics.ledger = ledger();
    metrics.plugins = plugins();
    metrics.health = health();
    metrics.ready = readiness().ready;
    metrics.reloads = reloads_.told();
    if (tracing_) metrics.spans = {tracing_->counts().exported, tracing_->counts().dropped};
    metrics.log_lines_lost = log::lines_lost();
    metrics.key_file_errors = key_file_errors_;
    metrics.process = observe::this_process();
    return observe::exposition(metrics);
}

observe::Plugins Assembly::plugins() const {
    const MutexLock lock(telling_);
    return loaded_plugins(told_edition_->plan, *told_validators_);
}

void Assembly::log_bounds() const {
    const MemoryBounds bounds = memory_bounds(edition_->config, *schema_, cores_);
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
    warn_of_memory_limit(memory_limit("/proc", "/sys/fs/cgroup"), bounds.sum());
}

void Assembly::drain(Clock::time_point deadline) {
    draining_ = true;
    const auto left = std::max(Clock::duration(0), deadline - Clock::now());
    if (server_) {
        server_->drain(
            std::chrono::duration_cast<std::chrono::milliseconds>(left * front_share_of_drain));
    }
    const auto backlog = passed_ ? deliver::Backlog::leave : deliver::Backlog::deliver;
    if (exits_) exits_->drain(deadline, backlog);
    admin_.reset();  // while the drain went on it told of it
    spool_->close();
    if (exits_) exits_->log_end();
}

Assembly::~Assembly() {
    control_.reset();  // while the spool is still locked: the next process makes its own
    if (spool_ && !draining_) drain(Clock::now());
    // The committer's callbacks use the exits: the spool has been closed, so the members may go in
    // the reverse of their order.
}

}  // namespace ingest::app
