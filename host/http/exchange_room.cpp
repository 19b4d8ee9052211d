#include <algorithm>
#include <utility>

#include "http/exchange.h"
#include "http/ingest_answer.h"

// What a request holds of the budgets that all requests share, from its head until its answer is
// with the client.
namespace ingest::http {
namespace {

// Of a body that comes, or is announced: a client that announces much and sends little must not
// keep others out.
constexpr std::size_t body_room_min = 8 * 1024;
constexpr std::string_view overloaded = "too many requests are being worked on";

// The rest of a small answer is its head.
constexpr std::size_t small_body_max = small_answer_max - 2 * 1024;

}  // namespace

Exchange::Next Exchange::refuse_overload() {
    station_.counts.overloaded.add();
    return reject(503, overloaded, 1);
}

Exchange::Next Exchange::refuse_overload(Budget::Taken taken) {
    if (taken == Budget::Taken::none_left) return refuse_overload();
    station_.counts.overloaded.add();
    return reject(503, "too much of this client is under way", 1);
}

ClientShare& Exchange::share() {
    if (share_ == nullptr) share_ = &lease_.of(reception_.payer());
    return *share_;
}

bool Exchange::begin_body() {
    body_ = station_.bodies.take();
    return reserve(std::min(static_cast<std::size_t>(framing_.length), body_room_min));
}

bool Exchange::reserve(std::size_t size) {
    if (size > terms().limits.body_max) {
        refuse_large();
        return false;
    }
    if (size > held_) {
        const auto taken = station_.shared.in_flight.take(share().in_flight, size - held_);
        if (taken != Budget::Taken::yes) {
            refuse_overload(taken);
            return false;
        }
        held_ = size;
    }
    body_.reserve(held_);
    return true;
}

// Doubles, so that the body is not copied for every piece of it.
bool Exchange::make_room(std::size_t size) {
    if (size <= held_) return true;
    const std::size_t most = framing_.body == Framing::Body::sized
                                 ? static_cast<std::size_t>(framing_.length)
                                 : terms().limits.body_max;
    return reserve(std::max(size, std::min(most, std::max(2 * held_, body_room_min))));
}

bool Exchange::enter_work() {
    working_ = station_.shared.requests.take(1);
    if (!working_) refuse_overload();
    return working_;
}

void Exchange::leave_work() noexcept {
    if (std::exchange(working_, false)) station_.shared.requests.give(1);
}

void Exchange::let_go_of_body() noexcept {
    if (held_ != 0) station_.shared.in_flight.give(share().in_flight, std::exchange(held_, 0));
    station_.bodies.give(std::exchange(body_, Body()));
}

// As much as it can come to, because that is known when it is too late to refuse.
bool Exchange::hold_outcome() {
    const std::size_t most = terms().limits.outcome_bytes_max;
    const auto taken = station_.shared.outcomes.take(share().outcomes, most);
    if (taken != Budget::Taken::yes) {
        refuse_overload(taken);
        return false;
    }
    outcome_held_ = most;
    return true;
}

// From here on nothing may be missing for the answer: what it tells of may be durable already.
void Exchange::hold_no_more_than_outcome() {
    const std::size_t answer = ingest_answer_bytes_max(*outcome_);
    const std::size_t held = std::min(
        std::max(outcome_->bytes, answer > small_body_max ? answer : 0), outcome_held_);
    station_.shared.outcomes.give(share().outcomes, std::exchange(outcome_held_, held) - held);
}

// What is not about readings can be refused to the end, and a client that is told so asks again.
// It may take its time with what it gets.
bool Exchange::hold_answer(std::size_t size) {
    if (outcome_ || size <= small_body_max || route_.head_only) return true;
    if (station_.shared.answers.take(share().answers, size) != Budget::Taken::yes) {
        station_.counts.overloaded.add();
        reject(503, "too many answers are on their way to slow clients", 1);
        return false;
    }
    answer_held_ = size;
    return true;
}

void Exchange::let_go_of_answer() noexcept {
    Shared& shared = station_.shared;
    if (outcome_held_ != 0) {
        shared.outcomes.give(share().outcomes, std::exchange(outcome_held_, 0));
    }
    if (answer_held_ != 0) shared.answers.give(share().answers, std::exchange(answer_held_, 0));
    share_ = nullptr;
}

}  // namespace ingest::http
