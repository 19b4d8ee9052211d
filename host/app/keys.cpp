#include "app/keys.h"

#include <algorithm>
#include <array>
#include <span>

#include "app/config/options.h"

namespace ingest::app {
namespace {

using config::Config;

struct Key {
    std::string_view path;
    bool (*same)(const Config& a, const Config& b);
};

template <auto first, auto... rest, class Section>
const auto& at(const Section& section) {
    if constexpr (sizeof...(rest) == 0) {
        return section.*first;
    } else {
        return at<rest...>(section.*first);
    }
}

template <auto... members>
bool same(const Config& a, const Config& b) {
    return at<members...>(a) == at<members...>(b);
}

// What nobody can move a listening socket to.
constexpr std::array socket_keys{
    Key{"http.host", &same<&Config::http, &config::Http::host>},
    Key{"http.port", &same<&Config::http, &config::Http::port>},
};

// What was given away at the start: threads, files, the first lines of the log.
constexpr std::array start_keys{
    Key{"service.name", &same<&Config::service, &config::Service::name>},
    Key{"service.environment", &same<&Config::service, &config::Service::environment>},
    Key{"process.confined", &same<&Config::process, &config::Process::confined>},
    Key{"process.writable", &same<&Config::process, &config::Process::writable>},
    Key{"log.format", &same<&Config::log, &config::Log::format>},
    Key{"admin", &same<&Config::admin>},
    Key{"tracing", &same<&Config::tracing>},
    Key{"http.threads", &same<&Config::http, &config::Http::threads>},
    Key{"spool.dir", &same<&Config::spool, &config::Spool::dir>},
    Key{"spool.size_max", &same<&Config::spool, &config::Spool::size_max>},
    Key{"spool.segment_size", &same<&Config::spool, &config::Spool::segment_size>},
    Key{"spool.memory", &same<&Config::spool, &config::Spool::memory>},
};

// What the next request, write or query is done by.
constexpr std::array live_keys{
    Key{"process.dumpable", &same<&Config::process, &config::Process::dumpable>},
    Key{"log.level", &same<&Config::log, &config::Log::level>},
    Key{"log.audit", &same<&Config::log, &config::Log::audit>},
    Key{"http.cors.origins", &same<&Config::http, &config::Http::cors_origins>},
    Key{"http.rate_limit.enabled",
        &same<&Config::http, &config::Http::rate_limit, &config::RateLimit::enabled>},
    Key{"http.rate_limit.per_minute",
        &same<&Config::http, &config::Http::rate_limit, &config::RateLimit::per_minute>},
    Key{"http.rate_limit.readings_per_minute",
        &same<&Config::http, &config::Http::rate_limit, &config::RateLimit::readings_per_minute>},
    Key{"http.trusted_proxies", &same<&Config::http, &config::Http::trusted_proxies>},
    Key{"http.limits.request_line_bytes",
        &same<&Config::http, &config::Http::limits, &config::Limits::request_line_bytes>},
    Key{"http.limits.header_bytes",
        &same<&Config::http, &config::Http::limits, &config::Limits::header_bytes>},
    Key{"http.limits.header_fields",
        &same<&Config::http, &config::Http::limits, &config::Limits::header_fields>},
    Key{"http.limits.body_bytes",
        &same<&Config::http, &config::Http::limits, &config::Limits::body_bytes>},
    Key{"http.limits.handshake_timeout",
        &same<&Config::http, &config::Http::limits, &config::Limits::handshake_timeout>},
    Key{"http.limits.handshakes",
        &same<&Config::http, &config::Http::limits, &config::Limits::handshakes>},
    Key{"http.limits.header_timeout",
        &same<&Config::http, &config::Http::limits, &config::Limits::header_timeout>},
    Key{"http.limits.body_timeout",
        &same<&Config::http, &config::Http::limits, &config::Limits::body_timeout>},
    Key{"http.limits.body_rate_min",
        &same<&Config::http, &config::Http::limits, &config::Limits::body_rate_min>},
    Key{"http.limits.idle_timeout",
        &same<&Config::http, &config::Http::limits, &config::Limits::idle_timeout>},
    Key{"http.limits.write_timeout",
        &same<&Config::http, &config::Http::limits, &config::Limits::write_timeout>},
    Key{"http.limits.connections",
        &same<&Config::http, &config::Http::limits, &config::Limits::connections>},
    Key{"http.limits.connections_per_address",
        &same<&Config::http, &config::Http::limits, &config::Limits::connections_per_address>},
    Key{"http.limits.requests_per_connection",
        &same<&Config::http, &config::Http::limits, &config::Limits::requests_per_connection>},
    Key{"http.limits.in_flight_requests",
        &same<&Config::http, &config::Http::limits, &config::Limits::in_flight_requests>},
    Key{"http.limits.in_flight_bytes",
        &same<&Config::http, &config::Http::limits, &config::Limits::in_flight_bytes>},
    Key{"http.limits.in_flight_bytes_per_address",
        &same<&Config::http, &config::Http::limits,
              &config::Limits::in_flight_bytes_per_address>},
    Key{"http.batch.readings_max",
        &same<&Config::http, &config::Http::batch, &config::Batch::readings_max>},
    Key{"http.ndjson.readings_max",
        &same<&Config::http, &config::Http::ndjson, &config::Ndjson::readings_max>},
    Key{"reading.unknown_fields", &same<&Config::reading, &config::Reading::unknown_fields>},
    Key{"reading.text_bytes_max", &same<&Config::reading, &config::Reading::text_bytes_max>},
    Key{"plugin_dirs", &same<&Config::plugin_dirs>},
    Key{"ack", &same<&Config::ack>},
    Key{"ack_timeout", &same<&Config::ack_timeout>},
    Key{"query.readers", &same<&Config::query, &config::Query::readers>},
    Key{"query.timeout", &same<&Config::query, &config::Query::timeout>},
    Key{"drain.timeout", &same<&Config::drain, &config::Drain::timeout>},
};

// Which sink it is counts, not where it stands in the list.
std::string_view storage_of(const Config& config) {
    return config.storage ? std::string_view(config.sinks[*config.storage].name) : "";
}

bool keeps_unknown(const Config& config) {
    return config.reading.unknown_fields == config::UnknownFields::keep;
}

bool same_column(const model::Field& a, const model::Field& b) {
    return a.name == b.name && a.type == b.type && a.required == b.required;
}

// Reports keys that differ and need a restart.
class Refusal {
public:
    Refusal(const config::Node& document, config::Diagnostics& diagnostics)
        : document_(document), diagnostics_(diagnostics) {}

    void add(std::string_view path, std::string_view what = "a change of it") {
        std::string pointer = "/" + std::string(path);
        std::ranges::replace(pointer, '.', '/');
        diagnostics_.add(config::mark_of(document_, pointer),
                         std::string(path) + ": " + std::string(what) + " needs a restart",
                         "restart, or put back what it was");
    }

private:
    const config::Node& document_;
    config::Diagnostics& diagnostics_;
};

// All plugin instances and the log are made for these columns.
void compare_fields(const Config& before, const Config& now, Refusal& refusal) {
    const auto& former = before.reading.fields;
    const auto& fields = now.reading.fields;
    bool same_names = fields.size() == former.size();
    for (const model::Field& field : fields) {
        const auto same = std::ranges::find(former, field.name, &model::Field::name);
        const std::string path = "reading.fields." + field.name;
        same_names = same_names && same != former.end();
        if (same == former.end()) {
            refusal.add(path, "a new field");
        } else if (!same_column(*same, field)) {
            refusal.add(path, "another type or another `required`");
        }
    }
    for (const model::Field& field : former) {
        if (std::ranges::find(fields, field.name, &model::Field::name) != fields.end()) continue;
        refusal.add("reading.fields", "taking the field " + config::quote(field.name) + " away");
    }
    const bool same_order = std::ranges::equal(fields, former, {}, &model::Field::name,
                                               &model::Field::name);
    if (same_names && !same_order) refusal.add("reading.fields", "another order of the fields");
}

}  // namespace

void refuse_restarts(const Config& before, const Config& now, const config::Node& document,
                     bool socket_passed, config::Diagnostics& diagnostics) {
    Refusal refusal(document, diagnostics);
    for (const Key& key : start_keys) {
        if (!key.same(before, now)) refusal.add(key.path);
    }
    for (const Key& key : socket_keys) {
        if (!socket_passed && !key.same(before, now)) refusal.add(key.path);
    }
    if (keeps_unknown(before) != keeps_unknown(now)) {
        refusal.add("reading.unknown_fields", "a change from or to `keep`");
    }
    // A confined process has given up the right to.
    if (before.process.confined && !before.process.dumpable && now.process.dumpable) {
        refusal.add("process.dumpable", "turning it on in a confined process");
    }
    // With other files, or for other clients, TLS goes on; without it every client has to change.
    if (before.http.tls.has_value() != now.http.tls.has_value()) {
        refusal.add("http.tls", now.http.tls ? "turning TLS on" : "turning TLS off");
    }
    compare_fields(before, now, refusal);
}

std::vector<std::string> changed_keys(const Config& before, const Config& now) {
    std::vector<std::string> changed;
    for (const Key& key : live_keys) {
        if (!key.same(before, now)) changed.emplace_back(key.path);
    }
    if (storage_of(before) != storage_of(now)) changed.emplace_back("storage");
    // Columns are the same: units and descriptions, which are the documentation's.
    if (before.reading.fields != now.reading.fields) changed.emplace_back("reading.fields");
    return changed;
}

std::vector<std::string_view> known_keys() {
    std::vector<std::string_view> known{"http.auth", "http.tls", "reading.fields", "storage",
                                        "validators", "sinks"};
    for (const std::span<const Key> keys : {std::span<const Key>(socket_keys),
                                            std::span<const Key>(start_keys),
                                            std::span<const Key>(live_keys)}) {
        for (const Key& key : keys) known.push_back(key.path);
    }
    return known;
}

}  // namespace ingest::app
