#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/count.h"
#include "base/distribution.h"
#include "base/uuid.h"
#include "coding/encoding.h"
#include "http/body.h"
#include "http/budget.h"
#include "http/connection_table.h"
#include "http/log_budget.h"
#include "http/response.h"
#include "http/server.h"
#include "http/terms.h"
#include "http/tls_slot.h"

namespace ingest::http {

// What all cores share. Owned by the server; outlives the cores. Members lock for themselves.
struct Shared {
    Shared(const Options& options, Services server_services, std::uint64_t seed);

    // For whoever comes from now on: what is there already stays, also beyond the new bounds.
    void change_bounds(const Options& options);

    const unsigned threads;
    const std::string service;
    const std::string version;
    const Services services;
    std::function<observe::HttpCounts()> counts;  // of all cores; set before they start
    ConnectionTable connections;
    Budget requests;   // that are worked on, from the end of the body to the answer
    Budget in_flight;  // bytes of bodies from admission to acceptance
    Budget outcomes;   // bytes from acceptance until the answer is with the client
    Budget answers;    // bytes of other answers, so that they need not wait for those two
    ClientShares shares;  // of these three
    TlsSlot tls;
    LogBudget warning_lines{10};
    LogBudget handshake_lines{1};
    LogBudget refusal_lines{10};
    LogBudget connection_lines{1};
    std::atomic<bool> draining{false};
};

// What one core counts, on its thread; any thread may look.
struct CoreCounts {
    struct Route {
        std::array<Count, std::tuple_size_v<observe::Responses>> responses;
        DurationCounts duration_us;
    };
    std::array<Route, endpoints> routes;  // by Endpoint
    Count ingest_requests;
    Count readings_stored;
    Count readings_spooled;
    Count readings_refused;
    Count readings_failed;
    Count readings_warned;
    Count connections_accepted;
    Count rate_limited;
    Count overloaded;
    Count timeouts;
    Count handshakes_failed;

    void add_to(observe::HttpCounts& sum) const;
};

// What a server counts before any core has counted: every route is there.
observe::HttpCounts no_counts();

// What the requests of one core share. Owned by the core and used on its thread, except the
// counts, which any thread may read.
struct Station {
    Station(Shared& shared_by_all, SharedTerms first_terms,
            std::unique_ptr<intake::Front> own_front)
        : shared(shared_by_all), terms(std::move(first_terms)), front(std::move(own_front)) {}

    Shared& shared;
    SharedTerms terms;  // of requests that begin now
    std::unique_ptr<intake::Front> front;
    UuidSource ids;
    coding::Encoder encoder{coding::Effort::quick};
    DateText date;
    BodyPool bodies;
    // Scratch for one answer, from the start of its rendering to its first write.
    std::string document;
    std::string encoded;
    std::string more_fields;
    std::string wire;
    CoreCounts counts;
};

// [A-Za-z0-9._-]{1,64}: a request id that is taken over from a client.
bool is_request_id(std::string_view text) noexcept;

}  // namespace ingest::http
