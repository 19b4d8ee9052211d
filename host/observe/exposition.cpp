#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "observe/families.h"
#include "observe/metrics.h"

namespace ingest::observe {
namespace {

// What keeps the sum of all series below series_max; see the test.
constexpr std::size_t sinks_max = 12;
constexpr std::size_t validators_max = 24;
constexpr std::size_t codes_max = 80;  // pairs of a validator and a code

// What stands for those beyond.
constexpr std::string_view others = "(others)";
// A code that the plugin's manifest does not list.
constexpr std::string_view unlisted = "(unlisted)";

constexpr double micros = 1e6;  // a second has
constexpr double nanos = 1e9;

void tell_http(Families& to, const HttpCounts& http) {
    static constexpr std::string_view classes[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
    to.counter("ingest_http_requests_total", "Requests answered, by route and class of status.");
    for (const RouteCounts& route : http.routes) {
        for (std::size_t i = 2; i < route.responses.size(); ++i)
            to.add(route.responses[i], {{"route", route.route}, {"code", classes[i]}});
    }
    to.histogram("ingest_http_request_duration_seconds",
                 "From a request's head to its answer, by route.");
    for (const RouteCounts& route : http.routes)
        to.add(route.duration_us, micros, {{"route", route.route}});
    to.counter("ingest_http_connections_accepted_total", "Connections accepted.");
    to.add(http.connections_accepted);
    to.counter("ingest_http_connections_refused_total",
               "Connections closed at once, over a bound of connections.");
    to.add(http.connections_refused);
    to.gauge("ingest_http_connections_open", "Connections that are open.");
    to.add(http.connections_open);
    to.gauge("ingest_http_in_flight_requests",
             "Requests that are worked on, from the end of the body to the answer.");
    to.add(http.requests_in_flight);
    to.gauge("ingest_http_in_flight_bytes", "Held for requests under way and their answers.");
    to.add(http.bytes_in_flight);
    to.counter("ingest_http_rate_limited_total", "Requests refused with 429.");
    to.add(http.rate_limited);
    to.counter("ingest_http_shed_total",
               "Requests refused with 503 because of load, before they were worked on.");
    to.add(http.overloaded);
    to.counter("ingest_http_timeouts_total",
               "Connections on which a client was too slow or said nothing for too long.");
    to.add(http.timeouts);
    to.counter("ingest_http_tls_handshakes_failed_total", "TLS handshakes that failed.");
    to.add(http.handshakes_failed);
}

void tell_readings(Families& to, const HttpCounts& http) {
    to.counter("ingest_readings_total",
               "Readings by outcome: stored (201), spooled (202), refused (422), failed (5xx).");
    to.add(http.readings_stored, {{"outcome", "stored"}});
    to.add(http.readings_spooled, {{"outcome", "spooled"}});
    to.add(http.readings_refused, {{"outcome", "refused"}});
    to.add(http.readings_failed, {{"outcome", "failed"}});
    to.counter("ingest_readings_warned_total", "Readings that were kept, with a warning.");
    to.add(http.readings_warned);
}

struct Verdicts {
    std::string validator;
    std::string code;
    std::uint64_t rejections = 0;
    std::uint64_t warnings = 0;
};

// One validator of the configuration, or all beyond the first few together.
struct NamedValidator {
    std::string name;
    LoadedValidator counts;
};

std::string_view code_of(const IssueCount& issue) noexcept {
    return issue.code.empty() ? unlisted : std::string_view(issue.code);
}

std::vector<NamedValidator> name_validators(const Plugins& plugins) {
    std::vector<NamedValidator> named;
    std::map<std::string_view, int> seen;  // a plugin may be used more than once
    for (const LoadedValidator& validator : plugins.validators) {
        if (named.size() > validators_max) {
            LoadedValidator& sum = named.back().counts;
            sum.failures += validator.failures;
            sum.misbehaviours += validator.misbehaviours;
            sum.calls += validator.calls;
            sum.readings += validator.readings;
            sum.nanoseconds += validator.nanoseconds;
            sum.issues.insert(sum.issues.end(), validator.issues.begin(), validator.issues.end());
            continue;
        }
        std::string name = validator.loaded.name;
        const int nth = ++seen[validator.loaded.name];
        if (nth > 1) name += "#" + std::to_string(nth);
        if (named.size() == validators_max) name = others;
        named.push_back({std::move(name), validator});
    }
    return named;
}

std::vector<Verdicts> verdicts_of(const std::vector<NamedValidator>& validators) {
    std::vector<Verdicts> all;
    Verdicts rest{std::string(others), std::string(others)};
    for (const NamedValidator& validator : validators) {
        for (const IssueCount& issue : validator.counts.issues) {
            const bool apart = all.size() < codes_max && validator.name != others;
            Verdicts& to = apart ? all.emplace_back() : rest;
            if (apart) to = {validator.name, std::string(code_of(issue))};
            to.rejections += issue.rejections;
            to.warnings += issue.warnings;
        }
    }
    all.push_back(std::move(rest));
    return all;
}

template <class Value>
void tell_each(Families& to, const std::vector<NamedValidator>& validators, Value value) {
    for (const NamedValidator& validator : validators)
        to.add(value(validator.counts), {{"validator", validator.name}});
}

void tell_validators(Families& to, const Plugins& plugins) {
    const std::vector<NamedValidator> all = name_validators(plugins);
    using V = LoadedValidator;
    to.counter("ingest_validator_calls_total", "Calls of a validator, one for each request.");
    tell_each(to, all, [](const V& v) { return v.calls; });
    to.counter("ingest_validator_readings_total", "Readings that a validator was shown.");
    tell_each(to, all, [](const V& v) { return v.readings; });
    to.counter("ingest_validator_seconds_total", "Time spent in a validator's calls.");
    tell_each(to, all, [](const V& v) { return static_cast<double>(v.nanoseconds) / nanos; });
    to.counter("ingest_validator_failures_total", "Calls of a validator that failed.");
    tell_each(to, all, [](const V& v) { return v.failures; });
    to.counter("ingest_validator_misbehaviours_total",
               "What a validator did that its manifest or the ABI forbids.");
    tell_each(to, all, [](const V& v) { return v.misbehaviours; });
    to.counter("ingest_validator_verdicts_total", "What a validator found, by its code.");
    for (const Verdicts& verdicts : verdicts_of(all)) {
        const auto add = [&](std::uint64_t count, std::string_view verdict) {
            to.add(count, {{"validator", verdicts.validator},
                           {"code", verdicts.code},
                           {"verdict", verdict}});
        };
        add(verdicts.rejections, "rejected");
        add(verdicts.warnings, "warned");
    }
}

void tell_spool(Families& to, const SpoolLedger& spool) {
    to.gauge("ingest_spool_state", "1 for the state that the spool is in, 0 for the others.");
    for (const std::string_view state : {"accepting", "full", "failed", "closed"})
        to.add(std::uint64_t(spool.state == state), {{"state", state}});
    to.gauge("ingest_spool_used_bytes", "On disk, segments and the spare one.");
    to.add(spool.used_bytes);
    to.gauge("ingest_spool_size_max_bytes", "What the spool may use: `spool.size_max`.");
    to.add(spool.size_max);
    to.gauge("ingest_spool_waiting_bytes", "Handed to the committer and not durable yet.");
    to.add(spool.waiting_bytes);
    to.gauge("ingest_spool_segments", "Segment files.");
    to.add(spool.segments);
    to.counter("ingest_spool_readings_total", "Readings that were made durable.");
    to.add(spool.accepted);
    to.counter("ingest_spool_written_bytes_total", "Records with their headers.");
    to.add(spool.bytes_written);
    to.histogram("ingest_spool_group_readings", "Readings of a group, which is one sync.");
    to.add(spool.group_readings, 1);
    to.histogram("ingest_spool_commit_duration_seconds", "A group's write and sync.");
    to.add(spool.commit_us, micros);
    to.counter("ingest_spool_failed_groups_total", "Groups that could not be made durable.");
    to.add(spool.failed_groups);
    to.counter("ingest_spool_sync_errors_total", "Failed writes and syncs of segments.");
    to.add(spool.sync_errors);
    to.counter("ingest_spool_cursor_errors_total", "Failed writes and syncs of cursors.");
    to.add(spool.cursor_errors);
    to.gauge("ingest_spool_quarantined_bytes", "Damaged bytes, put aside since the start.");
    to.add(spool.quarantined_bytes);
    to.counter("ingest_spool_lost_readings_total", "Readings in damaged bytes.");
    to.add(spool.lost);
}

// The sinks with a name of their own, then the others' sum.
std::vector<SinkLedger> bounded(const std::vector<SinkLedger>& all) {
    std::vector<SinkLedger> sinks(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(
                                                                 std::min(all.size(), sinks_max)));
    if (all.size() <= sinks_max) return sinks;
    SinkLedger sum{.name = std::string(others), .connected = true, .cursor = UINT64_MAX};
    for (std::size_t i = sinks_max; i < all.size(); ++i) {
        sum.connected = sum.connected && all[i].connected;
        sum.cursor = std::min(sum.cursor, all[i].cursor);
        sum.accepted += all[i].accepted;
        sum.delivered += all[i].delivered;
        sum.waiting += all[i].waiting;
        sum.dead_lettered += all[i].dead_lettered;
        sum.lost += all[i].lost;
        sum.retries += all[i].retries;
        sum.write_us.add(all[i].write_us);
    }
    sinks.push_back(std::move(sum));
    return sinks;
}

void tell_sinks(Families& to, const Ledger& ledger) {
    const std::vector<SinkLedger> sinks = bounded(ledger.sinks);
    const auto each = [&](auto value) {
        for (const SinkLedger& sink : sinks) to.add(value(sink), {{"sink", sink.name}});
    };
    using S = SinkLedger;
    to.gauge("ingest_sink_connected", "1 when the sink can be reached.");
    each([](const S& s) { return std::uint64_t(s.connected); });
    to.counter("ingest_sink_readings_accepted_total",
               "What waited for the sink at the start, and what was accepted since: always "
               "delivered, waiting, dead letters and lost together.");
    each([](const S& s) { return s.accepted; });
    to.counter("ingest_sink_readings_delivered_total", "Readings that the sink has committed.");
    each([](const S& s) { return s.delivered; });
    to.gauge("ingest_sink_readings_waiting", "Readings that are durable here and not in the sink.");
    each([](const S& s) { return s.waiting; });
    to.counter("ingest_sink_dead_letters_total", "Readings that the sink refused for good.");
    each([](const S& s) { return s.dead_lettered; });
    to.counter("ingest_sink_readings_lost_total",
               "Readings whose bytes were damaged before the sink had them.");
    each([](const S& s) { return s.lost; });
    to.gauge("ingest_sink_lag_readings",
             "From the sink's cursor, before which all is settled, to the end of the spool.");
    each([&](const S& s) { return ledger.spool.end - std::min(s.cursor, ledger.spool.end); });
    to.counter("ingest_sink_retries_total", "Writes that were put off, to be tried again.");
    each([](const S& s) { return s.retries; });
    to.histogram("ingest_sink_write_duration_seconds",
                 "A sink's writes, also those that failed.");
    for (const SinkLedger& sink : sinks) to.add(sink.write_us, micros, {{"sink", sink.name}});
}

void tell_host(Families& to, const Metrics& metrics) {
    to.gauge("ingest_build_info", "1; what runs is in the label.");
    to.add(std::uint64_t(1), {{"version", metrics.version}});
    to.gauge("ingest_ready", "1 when /health/ready says 200.");
    to.add(std::uint64_t(metrics.ready));
    to.gauge("ingest_plugin_stuck_calls", "Calls into plugins that take longer than they may.");
    to.add(std::uint64_t(metrics.health.stuck_calls.size()));
    const Reloads& reloads = metrics.reloads;
    to.counter("ingest_reloads_total",
               "Reloads of the configuration: done, failed, or refused because it is wrong.");
    to.add(reloads.done, {{"outcome", "done"}});
    to.add(reloads.failed, {{"outcome", "failed"}});
    to.add(reloads.refused, {{"outcome", "refused"}});
    to.gauge("ingest_last_reload_successful", "0 when the last reload was failed or refused.");
    to.add(std::uint64_t(reloads.last_succeeded));
    to.counter("ingest_trace_spans_total",
               "Spans that were sent to the collector, and those that were dropped.");
    to.add(metrics.spans.exported, {{"outcome", "exported"}});
    to.add(metrics.spans.dropped, {{"outcome", "dropped"}});
    to.counter("ingest_log_lines_lost_total",
               "Lines of the log that standard output did not take.");
    to.add(metrics.log_lines_lost);
    to.gauge("ingest_key_file_errors",
             "What is wrong with the files of keys, which count as they were before.");
    to.add(metrics.key_file_errors);
    to.gauge("ingest_configuration_timestamp_seconds",
             "When the configuration that serves was loaded, since the epoch.");
    to.add(static_cast<double>(reloads.configuration_at_us) / micros);
}

void tell_process(Families& to, const Process& process) {
    to.gauge("process_start_time_seconds", "When the process began, since the epoch.");
    to.add(process.start_time_seconds);
    to.counter("process_cpu_seconds_total", "User and system time.");
    to.add(process.cpu_seconds);
    to.gauge("process_resident_memory_bytes", "Resident memory.");
    to.add(process.resident_bytes);
    to.gauge("process_virtual_memory_bytes", "Virtual memory.");
    to.add(process.virtual_bytes);
    to.gauge("process_threads", "Threads.");
    to.add(process.threads);
    to.gauge("process_open_fds", "Open file descriptors.");
    to.add(process.open_fds);
    to.gauge("process_max_fds", "The limit of open file descriptors.");
    to.add(process.max_fds);
}

}  // namespace

std::string exposition(const Metrics& metrics) {
    Families families;
    tell_host(families, metrics);
    tell_http(families, metrics.http);
    tell_readings(families, metrics.http);
    tell_validators(families, metrics.plugins);
    tell_spool(families, metrics.ledger.spool);
    tell_sinks(families, metrics.ledger);
    tell_process(families, metrics.process);
    return families.text();
}

}  // namespace ingest::observe
