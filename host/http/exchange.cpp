#include "http/exchange.h"

#include <algorithm>

#include "base/time_text.h"
#include "http/ascii.h"
#include "http/documents.h"
#include "http/error_body.h"
#include "http/explain_answer.h"
#include "http/ingest_answer.h"
#include "observe/metrics.h"

namespace ingest::http {
namespace {

// A body that nobody wants is read over up to this size, so that a client that is told to come
// back later (429, 503) keeps its connection.
constexpr std::uint64_t unread_max = 64 * 1024;

}  // namespace

Exchange::Next Exchange::reject(unsigned status, std::string_view detail,
                                std::uint32_t retry_after_s) {
    status_ = status;
    detail_ = detail;
    retry_after_s_ = retry_after_s;
    return Next::answer;
}

Exchange::Next Exchange::fail(const Rejection& rejection) {
    if (received_at_us_ == 0) begin();
    framing_.keep_alive = false;
    return reject(rejection.status, rejection.detail);
}

void Exchange::begin() noexcept {
    received_at_us_ = now_us();
    begun_ns_ = monotonic_ns();
}

Exchange::Next Exchange::open(std::string_view head) {
    begin();
    head_ = parser_.parse(head);
    if (head_ == nullptr) return fail({400, "the head of the request is malformed"});
    fields_ = pick_fields(head_->fields);
    begin_trace();
    if (const Rejection bad = read_framing(*head_, fields_, framing_)) return fail(bad);
    reception_.open(terms(), *head_);
    find_route();
    if (route_.rejection) return reject(route_.rejection.status, route_.rejection.detail);
    if (route_.options) return Next::answer;
    if (const auto refused = refuse_codings()) return *refused;
    switch (route_.endpoint) {
        case Endpoint::ingest:
        case Endpoint::ingest_batch:
        case Endpoint::explain:
            return begin_ingest();
        case Endpoint::latest:
            if (const auto refused = refuse_client()) return *refused;
            if (station_.shared.services.latest) {
                return enter_work() ? Next::ask_latest : Next::answer;
            }
            latest_ = LatestAnswer{LatestAnswer::Kind::unsupported, {}};
            return Next::answer;
        case Endpoint::metrics:
        case Endpoint::plugins:
            return refuse(reception_.refuse_stranger(terms(), fields_, route_))
                .value_or(Next::answer);
        default:
            return Next::answer;
    }
}

bool Exchange::is_there(Endpoint endpoint) const {
    const Services& services = station_.shared.services;
    switch (endpoint) {
        case Endpoint::ledger: return reception_.client().is_loopback() && services.ledger;
        case Endpoint::metrics: return static_cast<bool>(services.metrics);
        case Endpoint::ingest:
        case Endpoint::ingest_batch:
        case Endpoint::explain:
        case Endpoint::latest: return station_.front != nullptr;
        default: return true;
    }
}

void Exchange::find_route() {
    route_ = terms().router.route(head_->method, head_->target);
    if (is_there(route_.endpoint)) return;
    const bool head_only = route_.head_only;
    route_ = {};
    route_.rejection = nothing_there;
    route_.head_only = head_only;
}

std::optional<Exchange::Next> Exchange::refuse(
    const std::optional<Reception::Refusal>& refusal) {
    if (!refusal) return std::nullopt;
    return reject(refusal->status, refusal->detail, refusal->retry_after_s);
}

std::optional<Exchange::Next> Exchange::refuse_client() {
    if (const auto refused = refuse(reception_.refuse_stranger(terms(), fields_, route_))) {
        return refused;
    }
    return refuse(reception_.refuse_haste(terms(), route_));
}

Exchange::Next Exchange::begin_ingest() {
    if (const auto refused = refuse_media()) return *refused;
    if (const auto refused = refuse_client()) return *refused;
    if (const auto refused = refuse_load()) return *refused;
    return begin_body() ? Next::read_body : Next::answer;
}

std::optional<Exchange::Next> Exchange::refuse_load() {
    // Before the body is read; that there still is a place when it has come is not promised.
    if (station_.shared.requests.full()) return refuse_overload();
    if (!station_.shared.services.overload) return std::nullopt;
    const std::optional<intake::Overload> overload = station_.shared.services.overload();
    if (!overload) return std::nullopt;
    station_.counts.overloaded.add();
    return reject(503, overload->detail, std::max<std::uint32_t>(1, overload->retry_after_s));
}

intake::Request Exchange::request() const noexcept {
    return {.form = form_,
            .body = body_.view(),
            .idempotency_key = fields_.idempotency_key.value,
            .received_at_us = received_at_us_,
            .grant = reception_.grant(),
            .trace = trace_ ? &trace_->context : nullptr};
}

// Its answer is rendered before the core does anything else, so a core has one at a time, and
// memory bounds count it there.
Exchange::Next Exchange::explain() {
    body_.pad();
    explanation_ = station_.front->explain(request());
    let_go_of_body();
    if (!explanation_->foreign) return Next::answer;
    explanation_.reset();
    return reject(403, foreign_detail);
}

Exchange::Next Exchange::take_body() {
    body_taken_ = true;
    if (!enter_work()) return Next::answer;
    if (const auto refused = decode_body()) return *refused;
    if (route_.endpoint == Endpoint::explain) return explain();
    if (!hold_outcome()) return Next::answer;
    body_.pad();
    outcome_ = station_.front->accept(request());
    let_go_of_body();
    hold_no_more_than_outcome();
    station_.counts.ingest_requests.add();
    reception_.count_readings(terms(), outcome_->total);
    return outcome_->kind == intake::Outcome::Kind::accepted ? Next::await_ack : Next::answer;
}

// Once: what is logged of a request before its answer has the answer's id.
void Exchange::choose_request_id() {
    if (!request_id_.empty()) return;
    const bool given = fields_.request_id.count == 1 && is_request_id(fields_.request_id.value);
    if (given) {
        request_id_ = fields_.request_id.value;
    } else {
        append_text(request_id_, station_.ids.next(received_at_us_ / 1000));
    }
}

void Exchange::decide_connection(unsigned status, std::size_t received) {
    const std::uint32_t requests_max = terms().limits.requests_per_connection_max;
    const bool last = ++answered_ >= requests_max && requests_max != 0;
    keep_alive_ = framing_.keep_alive && !last && status != 400 && status != 417;
    unread_ = 0;
    const bool body_left = !body_taken_ && framing_.body != Framing::Body::none;
    // With Expect nobody knows whether the body still comes.
    if (body_left && (framing_.body != Framing::Body::sized || framing_.length > unread_max ||
                      framing_.expects_continue || body_.size() != 0))
        keep_alive_ = false;
    else if (body_left)
        unread_ = framing_.length;
    if (station_.shared.draining.load(std::memory_order_relaxed) && received <= unread_)
        keep_alive_ = false;
}

unsigned Exchange::append_latest_answer(std::string& out, Response& response,
                                        const ErrorContext& context) const {
    if (latest_->kind == LatestAnswer::Kind::rows && latest_->rows) {
        append_latest(out, route_.equipment_id, *latest_->rows);
        return 200;
    }
    const bool unsupported = latest_->kind == LatestAnswer::Kind::unsupported;
    if (!unsupported) response.retry_after_s = 1;
    append_error(out, unsupported ? 501 : 503,
                 unsupported ? "no storage that can be asked is configured"
                             : "the storage cannot be asked at the moment",
                 context);
    return unsupported ? 501 : 503;
}

// Renders the document of the endpoint and returns its status.
unsigned Exchange::append_document(std::string& out, Response& response) {
    const Shared& shared = station_.shared;
    const ServiceName name{shared.service, shared.version};
    const ErrorContext context{request_id_, received_at_us_};
    if (status_ != 0) {
        response.retry_after_s = retry_after_s_;
        append_error(out, status_, detail_, context);
        return status_;
    }
    if (outcome_) {
        const unsigned status = append_ingest_answer(out, form_, *outcome_, ack_, context);
        if (status == 503) response.retry_after_s = 1;
        return status;
    }
    const Sight sight = reception_.client().is_loopback() ? Sight::local : Sight::remote;
    if (explanation_) return append_explanation(out, *explanation_, sight, context);
    if (latest_) return append_latest_answer(out, response, context);
    if (route_.endpoint == Endpoint::health) {
        const auto health = shared.services.health ? shared.services.health() : observe::Health{};
        append_health(out, name, health, now_us());
        return health.healthy ? 200 : 503;
    }
    if (route_.endpoint == Endpoint::ready) {
        const auto readiness =
            shared.services.readiness ? shared.services.readiness() : observe::Readiness{};
        const bool draining = shared.draining.load(std::memory_order_relaxed);
        append_readiness(out, readiness, draining);
        return readiness.ready && !draining ? 200 : 503;
    }
    if (route_.endpoint == Endpoint::ledger) {
        append_ledger(out, shared.services.ledger());
        return 200;
    }
    if (route_.endpoint == Endpoint::plugins) {
        const auto plugins =
            shared.services.plugins ? shared.services.plugins() : observe::Plugins{};
        append_plugins(out, plugins, sight);
        return 200;
    }
    if (route_.endpoint == Endpoint::metrics) {
        out += shared.services.metrics(shared.counts());
        response.content_type = observe::exposition_type;
        return 200;
    }
    append_root(out, name);
    return 200;
}

void Exchange::fill_document(Response& response) {
    if (status_ == 0 && route_.options) {
        response.status = 204;
        response.allow = route_.allow;
        return;
    }
    if (status_ == 405) response.allow = route_.allow;
    if (status_ == 0 && route_.asset != nullptr) {
        response.status = 200;
        serve_asset(response);
        return;
    }
    make_document(response);
    if (hold_answer(response.body.size())) return;
    response = Response();
    make_document(response);
}

void Exchange::make_document(Response& response) {
    station_.document.clear();
    response.status = append_document(station_.document, response);
    response.body = station_.document;
    encode_document(response);
}

std::string_view Exchange::render(std::string& wire, std::size_t received) {
    choose_request_id();
    Response response;
    fill_document(response);
    decide_connection(response.status, received);
    response.request_id = request_id_;
    response.date = station_.date.at(received_at_us_);
    response.http_1_1 = head_ == nullptr || head_->http_1_1;
    response.keep_alive = keep_alive_;
    response.head_only = route_.head_only;
    response.varies_by_coding = answer_codings_.has_value();
    if (coding_refused_) response.accept_encoding = codings_served;
    station_.more_fields.clear();
    const std::string_view origin = fields_.origin.value;
    terms().cors.append_fields(station_.more_fields, origin);
    if (response.status == 204 && fields_.requested_method.count > 0)
        terms().cors.append_preflight_fields(station_.more_fields, origin, route_.allow);
    reception_.append_fields(station_.more_fields, response.status);
    append_trace_fields(station_.more_fields);
    response.more_fields = station_.more_fields;
    append_response(wire, response);
    count(response.status);
    if (outcome_ && !outcome_->warnings.empty()) log_warnings();
    log_access(response.status);
    if (response.status == 401 || response.status == 403) audit_refusal(response.status);
    end_trace(response.status);
    // A client may take its time with the answer; these would be held meanwhile.
    leave_work();
    outcome_.reset();
    explanation_.reset();
    latest_.reset();
    const bool apart = response.body_apart && response.status == 200 && !response.head_only;
    return apart ? response.body : std::string_view();
}

void Exchange::finish() noexcept {
    leave_work();
    let_go_of_encoded();
    let_go_of_body();
    let_go_of_answer();
    head_ = nullptr;
    parser_.release();
    fields_ = {};
    framing_ = {};
    route_ = {};
    received_at_us_ = 0;
    body_taken_ = false;
    status_ = 0;
    detail_.clear();
    coding_ = coding::Coding::identity;
    coding_refused_ = false;
    answer_codings_.reset();
    trace_.reset();
    request_id_.clear();
    outcome_.reset();
    explanation_.reset();
    ack_.reset();
    latest_.reset();
    reception_.finish();
    terms_.reset();
}

}  // namespace ingest::http
