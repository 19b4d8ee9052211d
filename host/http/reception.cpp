#include "http/reception.h"

#include "base/time_text.h"
#include "http/ascii.h"
#include "http/forwarded.h"

namespace ingest::http {
namespace {

using access::Scope;
using Refusal = Reception::Refusal;

std::int64_t monotonic_ms() noexcept { return monotonic_ns() / 1'000'000; }

bool is_open_to_all(Endpoint endpoint) noexcept {
    switch (endpoint) {
        case Endpoint::ingest:
        case Endpoint::ingest_batch:
        case Endpoint::explain:
        case Endpoint::latest:
        case Endpoint::metrics:
        case Endpoint::plugins: return false;
        // The ledger is for this machine alone; the documents of the API have nobody's readings.
        case Endpoint::root:
        case Endpoint::health:
        case Endpoint::ready:
        case Endpoint::ledger:
        case Endpoint::asset:
        case Endpoint::any: break;
    }
    return true;
}

// Why these scopes are not enough; empty: they are.
std::string_view lacking(const access::Scopes& scopes, Endpoint endpoint) noexcept {
    switch (endpoint) {
        case Endpoint::ingest:
        case Endpoint::ingest_batch:
            return scopes.has(Scope::ingest) ? "" : "this needs the scope `ingest`";
        case Endpoint::metrics:
        case Endpoint::plugins:
            return scopes.has(Scope::admin) || scopes.has(Scope::read)
                       ? ""
                       : "this needs the scope `admin` or `read`";
        default: return scopes.has(Scope::read) ? "" : "this needs the scope `read`";
    }
}

bool carries_readings(Endpoint endpoint) noexcept {
    return endpoint == Endpoint::ingest || endpoint == Endpoint::ingest_batch;
}

}  // namespace

void Reception::open(const Terms& terms, const Head& head) {
    client_ = client_of(peer_, head.fields, terms.trusted_proxies);
}

Address Reception::payer() const noexcept {
    return visitor_ && visitor_->id ? Address{*visitor_->id} : client_;
}

// Who guesses keys, or has signatures checked that are none, is counted too.
std::optional<Refusal> Reception::challenge(const Terms& terms, std::string_view why, bool shown) {
    standing_ = terms.limiter->take(client_, RateLimiter::Counts::request, monotonic_ms());
    if (standing_->retry_after_s != 0) {
        return Refusal{429, "too many requests from this address", standing_->retry_after_s};
    }
    shown_ = shown;
    return Refusal{401, why};
}

std::optional<Refusal> Reception::refuse_stranger(const Terms& terms, const RequestFields& fields,
                                                  const Route& route) {
    const access::Gate* gate = terms.gate.get();
    if (gate == nullptr || is_open_to_all(route.endpoint)) return std::nullopt;
    const std::uint32_t shown = fields.authorization.count + fields.api_key.count;
    if (shown == 0) {
        return challenge(
            terms, "show a key or token: `Authorization: Bearer ...`, or `X-API-Key: ...`", false);
    }
    if (shown > 1) return challenge(terms, "show one key or token, once", true);
    const bool in_api_key = fields.api_key.count == 1;
    std::string_view text = in_api_key ? fields.api_key.value : fields.authorization.value;
    if (!in_api_key) {
        if (!equals_ignoring_case(take_until(text, ' '), "bearer")) {
            return challenge(terms, "Authorization takes a Bearer key or token", true);
        }
        text = trimmed(text);
    }
    access::Entry entry = gate->enter(text, !in_api_key, now_us());
    if (!entry.visitor) return challenge(terms, entry.refusal, true);
    visitor_ = std::move(entry.visitor);
    std::string_view why = lacking(visitor_->grant.scopes, route.endpoint);
    if (why.empty() && route.endpoint == Endpoint::latest &&
        !visitor_->grant.covers(route.equipment_id, terms.id_case)) {
        why = "this key or token is not for this equipment";
    }
    if (why.empty()) return std::nullopt;
    if (const auto haste = refuse_haste(terms, route)) return haste;
    return Refusal{403, why};
}

std::optional<Refusal> Reception::refuse_haste(const Terms& terms, const Route& route) {
    using Counts = RateLimiter::Counts;
    const Counts counts =
        carries_readings(route.endpoint) ? Counts::request_with_readings : Counts::request;
    standing_ = terms.limiter->take(payer(), counts, monotonic_ms());
    if (standing_->retry_after_s == 0) return std::nullopt;
    const bool of_key = visitor_ && visitor_->id;
    const bool readings = standing_->short_of_readings;
    const std::string_view detail =
        of_key ? (readings ? "too many readings with this key or token"
                           : "too many requests with this key or token")
               : (readings ? "too many readings from this address"
                           : "too many requests from this address");
    return Refusal{429, detail, standing_->retry_after_s};
}

void Reception::count_readings(const Terms& terms, std::uint32_t readings) {
    standing_ = terms.limiter->take_readings(payer(), readings, monotonic_ms());
}

void Reception::append_fields(std::string& out, unsigned status) const {
    if (status == 401) {
        out += "WWW-Authenticate: Bearer realm=\"ingest\"";
        if (shown_) out += ", error=\"invalid_token\"";
        out += "\r\n";
    }
    if (standing_) append_limit_fields(out, *standing_);
}

void Reception::finish() noexcept {
    client_ = peer_;
    visitor_.reset();
    standing_.reset();
    shown_ = false;
}

}  // namespace ingest::http
