#include "http/core.h"

#include <algorithm>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <pthread.h>

#include "base/ip_network.h"
#include "base/log.h"
#include "base/time_text.h"
#include "http/session.h"

namespace ingest::http {
namespace {

// How often deadlines are looked at: a quarter of the shortest, so that none is much overdue.
std::chrono::milliseconds sweep_interval(const Limits& limits) {
    const auto shortest =
        std::min({limits.handshake_timeout, limits.header_timeout, limits.body_timeout,
                  limits.idle_timeout, limits.write_timeout, limits.linger_timeout});
    return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

}  // namespace

void Mailbox::put_ack(std::uint64_t ticket, intake::Ack ack) {
    MutexLock lock(mutex_);
    if (core_ == nullptr) return;
    asio::post(core_->io_, [core = core_, ticket, ack] { core->finish_group(ticket, ack); });
}

void Mailbox::put_latest(std::uint64_t ticket, LatestAnswer answer) {
    MutexLock lock(mutex_);
    if (core_ == nullptr) return;
    asio::post(core_->io_, [core = core_, ticket, found = std::move(answer)]() mutable {
        core->finish_latest(ticket, std::move(found));
    });
}

void Mailbox::close() {
    MutexLock lock(mutex_);
    core_ = nullptr;
}

Core::Core(Shared& shared, SharedTerms terms, std::unique_ptr<intake::Front> front)
    : work_(io_.get_executor()),
      sweep_timer_(io_),
      sweep_interval_(sweep_interval(terms->limits)),
      grace_timer_(io_),
      station_(shared, std::move(terms), std::move(front)),
      mailbox_(std::make_shared<Mailbox>(*this)) {}

Core::~Core() { stop(); }

void Core::start(const std::string& thread_name) {
    thread_ = std::thread([this, thread_name] {
        pthread_setname_np(pthread_self(), thread_name.c_str());
        io_.run();
    });
}

void Core::stop() {
    mailbox_->close();
    io_.stop();
    if (thread_.joinable()) thread_.join();
}

void Core::change(SharedTerms terms, std::unique_ptr<intake::Front>& front, std::latch& done) {
    asio::post(io_, [this, taken = std::move(terms), &front, &done]() mutable {
        hand_over();
        station_.terms = std::move(taken);
        station_.front.swap(front);
        sweep_interval_ = sweep_interval(limits());
        done.count_down();
    });
}

void Core::adopt(Socket socket, const Address& peer) {
    asio::post(io_, [this, moved = std::move(socket), peer]() mutable {
        station_.counts.connections_accepted.add();
        auto session = serve(*this, std::move(moved), peer);
        asio::co_spawn(io_.get_executor(), std::move(session), asio::detached);
    });
}

std::list<Session*>::iterator Core::enter(Session& session) {
    sweep_soon();
    return sessions_.insert(sessions_.end(), &session);
}

void Core::leave(std::list<Session*>::iterator place, const Address& peer) {
    sessions_.erase(place);
    station_.shared.connections.leave(peer);
}

void Core::enter_handshake(Session& session) {
    const std::size_t cores = station_.shared.threads;
    const std::size_t share = std::max<std::size_t>(1, limits().handshakes_max / cores);
    handshakes_.push_back(&session);
    if (handshakes_.size() <= share) return;
    Session* oldest = handshakes_.front();
    handshakes_.pop_front();
    oldest->give_way();
}

void Core::log_handshake(const Address& peer, std::string_view reason) {
    station_.counts.handshakes_failed.add();
    const auto suppressed = station_.shared.handshake_lines.take(monotonic_ns() / 1'000'000);
    if (!suppressed) return;
    log::info("http", "a TLS handshake failed",
              {{"address", ip_text(peer.bytes)},
               {"reason", reason}, {"lines_suppressed", *suppressed}});
}

void Core::join_group(AckReceipt& receipt) {
    turn_.push_back(&receipt);
    if (station_.front->full()) {
        hand_over();
    } else if (!hand_over_posted_) {
        // Runs after everything that is ready in this turn of the loop.
        hand_over_posted_ = true;
        asio::post(io_, [this] {
            hand_over_posted_ = false;
            hand_over();
        });
    }
}

void Core::hand_over() {
    if (turn_.empty()) return;
    const std::uint64_t ticket = ++last_ticket_;
    groups_.emplace(ticket, std::exchange(turn_, Group()));
    station_.front->hand_over(
        [mailbox = mailbox_, ticket](intake::Ack ack) { mailbox->put_ack(ticket, ack); });
}

void Core::finish_group(std::uint64_t ticket, intake::Ack ack) {
    const auto group = groups_.extract(ticket);
    if (group.empty()) return;  // cut() was faster
    for (AckReceipt* receipt : group.mapped()) {
        receipt->ack = ack;
        receipt->complete();
    }
}

void Core::ask_latest(const std::string& equipment_id, std::uint32_t limit,
                      LatestReceipt& receipt) {
    const std::uint64_t ticket = ++last_ticket_;
    asked_.emplace(ticket, &receipt);
    station_.shared.services.latest(equipment_id, limit,
                                    [mailbox = mailbox_, ticket](LatestAnswer answer) {
                                        mailbox->put_latest(ticket, std::move(answer));
                                    });
}

void Core::finish_latest(std::uint64_t ticket, LatestAnswer answer) {
    const auto asked = asked_.extract(ticket);
    if (asked.empty()) return;
    asked.mapped()->answer = std::move(answer);
    asked.mapped()->complete();
}

void Core::sweep_after(std::chrono::steady_clock::duration pause) {
    sweep_sleeps_ = false;
    sweep_timer_.expires_after(pause);
    sweep_timer_.async_wait([this](const error_code& error) {
        if (!error) sweep();
    });
}

void Core::sweep() {
    const auto now = std::chrono::steady_clock::now();
    bool all_idle = true;
    auto nearest = std::chrono::steady_clock::time_point::max();
    for (Session* session : sessions_) {
        session->check_deadline(now);
        all_idle = all_idle && session->idle();
        nearest = std::min(nearest, session->deadline());
    }
    if (!sessions_.empty()) {
        const auto left = all_idle ? nearest - now : std::chrono::steady_clock::duration(0);
        sweep_after(std::max<std::chrono::steady_clock::duration>(left, sweep_interval_));
    }
    sweep_sleeps_ = all_idle;
}

void Core::close_idle_after(std::chrono::milliseconds grace) {
    asio::post(io_, [this, grace] {
        grace_timer_.expires_after(grace);
        grace_timer_.async_wait([this](const error_code& error) {
            if (error) return;
            closes_idle_ = true;
            for (Session* session : sessions_) session->close_if_idle();
        });
    });
}

void Core::cut() {
    asio::post(io_, [this] { cut_here(); });
}

// Sessions end by themselves when what they wait for fails; none ends inside the first loop.
void Core::cut_here() {
    for (Session* session : sessions_) session->cut();
    std::vector<Receipt*> waiting(turn_.begin(), turn_.end());
    turn_.clear();
    for (auto& [ticket, group] : groups_) {
        waiting.insert(waiting.end(), group.begin(), group.end());
    }
    groups_.clear();
    for (auto& [ticket, receipt] : asked_) waiting.push_back(receipt);
    asked_.clear();
    for (Receipt* receipt : waiting) receipt->complete();
}

}  // namespace ingest::http
