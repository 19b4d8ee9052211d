#include "http/station.h"

#include "http/ascii.h"

namespace ingest::http {
namespace {

Budget::Options body_bounds(const Limits& limits) noexcept {
    return {limits.in_flight_bytes_max, limits.in_flight_bytes_per_client_max};
}

// Each core takes the largest for the one that it is making, then gives the rest back.
Budget::Options outcome_bounds(const Limits& limits, unsigned threads) noexcept {
    const std::size_t being_made = threads * limits.outcome_bytes_max;
    return {limits.in_flight_bytes_max + being_made,
            limits.in_flight_bytes_per_client_max + being_made};
}

Budget::Options answer_bounds(const Limits& limits) noexcept {
    return {limits.answers_max, limits.answers_max / 4};
}

ConnectionTable::Options connection_bounds(const Limits& limits) noexcept {
    return {.connections_max = limits.connections_max,
            .per_address_max = limits.connections_per_address_max};
}

}  // namespace

Shared::Shared(const Options& options, Services server_services, std::uint64_t seed)
    : threads(options.threads),
      service(options.service),
      version(options.version),
      services(std::move(server_services)),
      connections(connection_bounds(options.limits), seed),
      requests({.most = options.limits.in_flight_requests_max}),
      in_flight(body_bounds(options.limits)),
      outcomes(outcome_bounds(options.limits, threads)),
      answers(answer_bounds(options.limits)),
      shares(seed) {}

void Shared::change_bounds(const Options& options) {
    connections.change_bounds(connection_bounds(options.limits));
    requests.change_bounds({.most = options.limits.in_flight_requests_max});
    in_flight.change_bounds(body_bounds(options.limits));
    outcomes.change_bounds(outcome_bounds(options.limits, threads));
    answers.change_bounds(answer_bounds(options.limits));
}

void CoreCounts::add_to(observe::HttpCounts& sum) const {
    for (std::size_t i = 0; i < routes.size(); ++i) {
        observe::RouteCounts& route = sum.routes[i];
        routes[i].duration_us.add_to(route.duration_us);
        for (std::size_t status = 0; status < route.responses.size(); ++status) {
            const std::uint64_t count = routes[i].responses[status].value();
            route.responses[status] += count;
            sum.responses[status] += count;
        }
    }
    sum.ingest_requests += ingest_requests.value();
    sum.readings_stored += readings_stored.value();
    sum.readings_spooled += readings_spooled.value();
    sum.readings_refused += readings_refused.value();
    sum.readings_failed += readings_failed.value();
    sum.readings_warned += readings_warned.value();
    sum.connections_accepted += connections_accepted.value();
    sum.rate_limited += rate_limited.value();
    sum.overloaded += overloaded.value();
    sum.timeouts += timeouts.value();
    sum.handshakes_failed += handshakes_failed.value();
}

observe::HttpCounts no_counts() {
    observe::HttpCounts counts;
    for (std::size_t i = 0; i < endpoints; ++i)
        counts.routes.push_back({.route = name_of(static_cast<Endpoint>(i))});
    return counts;
}

bool is_request_id(std::string_view text) noexcept {
    if (text.empty() || text.size() > 64) return false;
    for (const char c : text) {
        if (!is_alpha(c) && !is_digit(c) && c != '.' && c != '_' && c != '-') return false;
    }
    return true;
}

}  // namespace ingest::http
