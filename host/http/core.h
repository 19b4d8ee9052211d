#pragma once

#include <latch>
#include <list>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include "base/mutex.h"
#include "http/io.h"
#include "http/receipt.h"
#include "http/station.h"

namespace ingest::http {

class Session;
class Core;

// Where other threads put what a core's sessions wait for. It is shared between the core and every
// callback that was handed out, because a callback may be called when the core is gone; then it
// does nothing. Any thread.
class Mailbox {
public:
    explicit Mailbox(Core& core) : core_(&core) {}
    void put_ack(std::uint64_t ticket, intake::Ack ack);
    void put_latest(std::uint64_t ticket, LatestAnswer answer);
    void close();

private:
    Mutex mutex_;
    Core* core_ INGEST_GUARDED_BY(mutex_);
};

// Waits for the ack of the group that its readings joined.
struct AckReceipt : Receipt {
    intake::Ack ack = intake::Ack::failed;
};

struct LatestReceipt : Receipt {
    LatestAnswer answer;
};

// One io_context, its thread, its front and its sessions. Everything but the constructor, the
// destructor and what says "any thread" happens on its thread. The thread ends in stop().
class Core {
public:
    Core(Shared& shared, SharedTerms terms, std::unique_ptr<intake::Front> front);
    ~Core();
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    void start(const std::string& thread_name);    // any thread, once; up to 15 characters
    void adopt(Socket socket, const Address& peer);  // any thread
    // Any thread: drain begins. Connections that are idle then are closed.
    void close_idle_after(std::chrono::milliseconds grace);
    void cut();                                    // any thread: every session ends now
    void stop();                                   // not the core's thread; after all sessions
    // Any thread, while the core runs: takes these between two requests. The former front is in
    // `front` when `done` has counted; what it accepted is handed over.
    void change(SharedTerms terms, std::unique_ptr<intake::Front>& front, std::latch& done);
    void add_to(observe::HttpCounts& sum) const { station_.counts.add_to(sum); }  // any thread

    asio::io_context& io() noexcept { return io_; }
    Station& station() noexcept { return station_; }
    const Limits& limits() const noexcept { return station_.terms->limits; }

    // True once idle connections are to close. Core's thread.
    bool closes_idle() const noexcept { return closes_idle_; }

    // A session that waits for the ack of the readings that its request just added. The group of
    // this loop turn is handed over at the turn's end, or now if the front is full.
    void join_group(AckReceipt& receipt);
    void ask_latest(const std::string& equipment_id, std::uint32_t limit, LatestReceipt& receipt);

    // Sessions enter and leave the sweep for deadlines. Who gets a nearer one than an idle session
    // has says so: with nothing but idle ones the sweep sleeps, so that no work costs no wake-ups.
    void sweep_soon() {
        if (sweep_sleeps_) sweep_after(sweep_interval_);
    }
    std::list<Session*>::iterator enter(Session& session);
    void leave(std::list<Session*>::iterator place, const Address& peer);

    // Sessions that shake hands. Of too many the one that is at it for longest gives way: a client
    // that means it needs milliseconds, and many that do not must not keep it out.
    void enter_handshake(Session& session);
    void leave_handshake(Session& session) { handshakes_.remove(&session); }
    void log_handshake(const Address& peer, std::string_view reason);  // one that failed

private:
    friend class Mailbox;
    using Group = std::vector<AckReceipt*>;

    void hand_over();
    void finish_group(std::uint64_t ticket, intake::Ack ack);
    void finish_latest(std::uint64_t ticket, LatestAnswer answer);
    void sweep();
    void sweep_after(std::chrono::steady_clock::duration pause);
    void cut_here();

    asio::io_context io_{1};
    asio::executor_work_guard<Executor> work_;
    SteadyTimer sweep_timer_;
    std::chrono::milliseconds sweep_interval_;
    bool sweep_sleeps_ = true;
    SteadyTimer grace_timer_;
    bool closes_idle_ = false;
    Station station_;
    // Shared with acks and answers that may come when the core is gone.
    const std::shared_ptr<Mailbox> mailbox_;

    std::list<Session*> sessions_;
    std::list<Session*> handshakes_;  // the oldest first
    Group turn_;                    // who joined since the last hand-over
    bool hand_over_posted_ = false;
    std::uint64_t last_ticket_ = 0;
    std::unordered_map<std::uint64_t, Group> groups_;  // handed over, by ticket
    std::unordered_map<std::uint64_t, LatestReceipt*> asked_;

    std::thread thread_;
};

}  // namespace ingest::http
