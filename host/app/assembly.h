#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config/config.h"
#include "app/plan.h"
#include "deliver/dead_letters.h"
#include "deliver/lane.h"
#include "deliver/readers.h"
#include "http/server.h"
#include "ingest/ack_board.h"
#include "ingest/admission.h"
#include "observe/health.h"
#include "observe/ledger.h"
#include "observe/plugins.h"
#include "plugin/call_watch.h"
#include "spool/spool.h"
#include "validate/validators.h"

namespace ingest::app {

// What start() is given beside the configuration.
struct Opening {
    std::optional<int> passed_socket;  // to serve instead of the configuration's host and port
    // As spool::Options have it: whether to wait for the process that owns the spool.
    std::function<bool()> wait_for_owner;
    // Whose overdue calls health tells of; outlives the assembly. Null: of none.
    const plugin::CallWatch* call_watch = nullptr;
};

// All rooms of a serving process, wired: built in start(), which is the order of the members, and
// taken down by drain() and the destructor in reverse. Main thread, except what is marked.
class Assembly {
public:
    // `config` and `plan` outlive this. An error says what could not be had and what to do; what
    // a plugin has against its options goes to `diagnostics`. Listens first, so that clients queue
    // while the spool recovers; answers them last.
    static Result<std::unique_ptr<Assembly>> start(const config::Config& config, const Plan& plan,
                                                   const Opening& opening,
                                                   config::Diagnostics& diagnostics);
    ~Assembly();
    Assembly(const Assembly&) = delete;
    Assembly& operator=(const Assembly&) = delete;

    const std::string& host() const noexcept { return host_; }
    std::uint16_t port() const noexcept { return server_->port(); }

    // Refuses new work, finishes requests in flight, delivers until nothing waits or `deadline`,
    // and stores the cursors. What is not delivered by then stays in the spool. With a socket that
    // was passed somebody may be waiting to serve it: then only writes under way are finished.
    void drain(std::chrono::steady_clock::time_point deadline);

    // As http::Server has it.
    void replace_tls(http::SharedTls tls) {
        server_->replace_tls(std::move(tls));
    }

    // Any thread.
    observe::Health health();
    observe::Readiness readiness();
    observe::Ledger ledger() const;
    observe::Plugins plugins() const;

private:
    struct Exit {  // one sink's way out
        const PlannedSink* sink = nullptr;
        std::unique_ptr<deliver::DeadLetters> dead_letters;
        std::unique_ptr<deliver::Lane> lane;
    };

    Assembly(const config::Config& config, const Plan& plan) : config_(config), plan_(plan) {}
    Result<http::ListeningSocket> open_socket(const Opening& opening);
    Result<void> open_spool(const Opening& opening);
    Result<void> open_exits(std::vector<std::vector<std::unique_ptr<plugin::Sink>>> instances);
    Result<void> open_front(std::vector<std::unique_ptr<plugin::Query>> queries,
                            http::ListeningSocket socket);
    http::Services services();
    std::optional<intake::Overload> overload();
    void latest(std::string equipment_id, std::uint32_t limit,
                std::function<void(http::LatestAnswer)> done);
    void log_bounds() const;
    const PlannedSink* storage() const noexcept;

    const config::Config& config_;
    const Plan& plan_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    const plugin::CallWatch* call_watch_ = nullptr;
    std::atomic<bool> draining_{false};
    unsigned cores_ = 1;
    std::string openapi_;
    std::string host_;  // where it listens
    bool passed_ = false;

    std::unique_ptr<validate::Validators> validators_;
    std::unique_ptr<spool::Spool> spool_;
    std::unique_ptr<intake::AckBoard> acks_;
    intake::Pace pace_;
    std::vector<Exit> exits_;
    std::unique_ptr<deliver::Readers> readers_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace ingest::app
