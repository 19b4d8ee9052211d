#include "http/session.h"

// How long each phase of a session may take, and how it ends from outside.
namespace ingest::http {

using Clock = std::chrono::steady_clock;

void Session::enter(Phase phase) {
    const Limits& limits = core_.limits();
    phase_ = phase;
    expired_ = false;
    phase_begin_ = Clock::now();
    if (phase != Phase::idle) core_.sweep_soon();
    switch (phase) {
        case Phase::handshake: deadline_ = phase_begin_ + limits.handshake_timeout; break;
        case Phase::idle: deadline_ = phase_begin_ + limits.idle_timeout; break;
        case Phase::head: deadline_ = phase_begin_ + limits.header_timeout; break;
        case Phase::body:
            deadline_ = phase_begin_ + limits.body_timeout;
            body_received_ = 0;
            pace_.begin({limits.body_rate_min, limits.body_rate_window}, phase_begin_);
            break;
        // The rooms behind answer once and for all; drain() is what ends a wait for them.
        case Phase::waiting: deadline_ = Clock::time_point::max(); break;
        case Phase::writing: deadline_ = phase_begin_ + limits.write_timeout; break;
        case Phase::lingering: deadline_ = phase_begin_ + limits.linger_timeout; break;
    }
}

void Session::check_deadline(Clock::time_point now) {
    const bool slow = phase_ == Phase::body && pace_.is_too_slow(body_received_, now);
    const bool due = now >= deadline_ || slow;
    if (!cut_ && !expired_ && !due) return;
    // Again at each sweep until the session has noticed: a cancel between two operations of a
    // write hits nothing.
    expired_ = expired_ || due;
    cancel();
}

void Session::close_if_idle() {
    // One that has received something serves it: see receive_head().
    if (phase_ == Phase::idle) cancel();
}

void Session::cut() {
    cut_ = true;
    cancel();
}

void Session::give_way() {
    expired_ = true;
    cancel();
}

void Session::cancel() { stream_.cancel(); }

}  // namespace ingest::http
