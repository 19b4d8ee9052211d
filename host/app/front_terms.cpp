#include "app/front_terms.h"

#include <algorithm>

#include "app/memory_bounds.h"
#include "app/openapi.h"
#include "app/version.h"

namespace ingest::app {
namespace {

decode::UnknownFields to_decode(config::UnknownFields unknown) noexcept {
    switch (unknown) {
        case config::UnknownFields::ignore: return decode::UnknownFields::ignore;
        case config::UnknownFields::reject: return decode::UnknownFields::reject;
        case config::UnknownFields::keep: break;
    }
    return decode::UnknownFields::keep;
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
    limits.requests_per_connection_max = from.requests_per_connection;
    limits.in_flight_requests_max = from.in_flight_requests;
    limits.in_flight_bytes_max = from.in_flight_bytes;
    limits.in_flight_bytes_per_client_max = from.in_flight_bytes_per_address;
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

ApiFacts facts_of(const Edition& edition) {
    const auto& [config, plan] = edition;
    ApiFacts facts;
    facts.service = config.service.name;
    facts.version = version();
    facts.readings_max = config.http.batch.readings_max;
    facts.lines_max = config.http.ndjson.readings_max;
    facts.body_bytes_max = config.http.limits.body_bytes;
    facts.text_bytes_max = static_cast<std::uint32_t>(config.reading.text_bytes_max);
    facts.unknown_fields_refused = config.reading.unknown_fields == config::UnknownFields::reject;
    facts.answers_queries = config.storage && plan.sinks[*config.storage].library->query();
    facts.tells_metrics = !config.admin;
    facts.asks_who = plan.gate != nullptr;
    facts.takes_tokens = facts.asks_who && !config.http.auth->jwks.path.empty();
    for (const config::Sink& sink : config.sinks) facts.sinks.push_back(sink.name);
    for (const PlannedValidator& validator : plan.validators) {
        facts.validators.push_back({&validator.library->manifest(), validator.options});
    }
    return facts;
}

}  // namespace

http::Options http_options(const Edition& edition, unsigned cores) {
    const auto& [config, plan] = edition;
    http::Options options;
    options.threads = cores;
    options.limits = to_http(config.http.limits);
    options.limits.outcome_bytes_max = outcome_bytes_max(config, *plan.schema);
    options.limits.answers_max = answers_bytes_max(config, *plan.schema);
    options.cors.origins = config.http.cors_origins;
    options.rate_limit = {config.http.rate_limit.enabled, config.http.rate_limit.per_minute,
                          config.http.rate_limit.readings_per_minute};
    options.gate = plan.gate;
    options.trusted_proxies = config.http.trusted_proxies;
    options.service = config.service.name;
    options.version = version();
    options.tls = plan.tls;
    options.uppercase_ids = upper_cases_ids(plan);
    options.audit = config.log.audit;
    return options;
}

http::Options admin_options(const Edition& edition) {
    const config::Limits& configured = edition.config.http.limits;
    http::Options options;
    options.listener = "admin";
    options.limits = to_http(configured);
    options.limits.connections_max = admin_connections_max;
    options.limits.connections_per_address_max = admin_connections_max;
    options.limits.answers_max = answers_reserve;
    options.service = edition.config.service.name;
    options.version = version();
    return options;
}

intake::Intake::Options intake_options(const Edition& edition) {
    const config::Config& config = edition.config;
    intake::Intake::Options options;
    options.decode.unknown_fields = to_decode(config.reading.unknown_fields);
    options.decode.readings_max = config.http.batch.readings_max;
    options.decode.lines_max = config.http.ndjson.readings_max;
    options.decode.text_bytes_max = config.reading.text_bytes_max;
    if (upper_cases_ids(edition.plan)) options.id_case = access::IdCase::upper;
    return options;
}

std::string openapi_of(const Edition& edition) {
    // Not the plan's schema: that may have units and descriptions of an edition before this one.
    return openapi_document(facts_of(edition), *make_schema(edition.config.reading));
}

}  // namespace ingest::app
