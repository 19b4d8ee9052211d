#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/control.h"
#include "app/edition.h"
#include "app/exits.h"
#include "app/reload_counts.h"
#include "app/tracing.h"
#include "base/mutex.h"
#include "http/server.h"
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
    // An error says what could not be had and what to do; what a plugin has against its options
    // goes to `diagnostics`. Listens first, so that clients queue while the spool recovers; answers
    // them last. The libraries of the plan outlive this.
    static Result<std::unique_ptr<Assembly>> start(std::unique_ptr<Edition> edition,
                                                   const Opening& opening,
                                                   config::Diagnostics& diagnostics);
    ~Assembly();
    Assembly(const Assembly&) = delete;
    Assembly& operator=(const Assembly&) = delete;

    const std::string& host() const noexcept { return host_; }
    std::uint16_t port() const noexcept { return server_->port(); }
    // What serves.
    const Edition& edition() const noexcept { return *edition_; }

    // Refuses new work, finishes requests in flight, delivers until nothing waits or `deadline`,
    // and stores the cursors. What is not delivered by then stays in the spool. With a socket that
    // was passed somebody may be waiting to serve it: then only writes under way are finished.
    void drain(std::chrono::steady_clock::time_point deadline);

    // Takes the place of what serves, between requests; none fails for it. `next` has passed
    // refuse_restarts(). An error, or what plugins have against their options, in `diagnostics`:
    // nothing has changed. Returns what did, when every core serves the new edition and what was
    // only the former one's has ended. Not after drain().
    Result<Difference> change(std::unique_ptr<Edition> next, config::Diagnostics& diagnostics);
    // Has this one say who is let in, from the next request on. REQUIRES: both are there, the one
    // that serves and this one. Not after drain().
    void change_gate(access::SharedGate gate);
    bool socket_passed() const noexcept { return passed_; }
    // Where reloads are asked for, from before the first request on; null: it could not be had.
    // Once; it goes before this does.
    std::unique_ptr<ControlSocket> take_control() noexcept { return std::move(control_); }

    // Any thread.
    observe::Health health();
    observe::Readiness readiness();
    observe::Ledger ledger() const;
    observe::Plugins plugins() const;
    // The text of /metrics; `http`: what the server counted.
    std::string metrics(const observe::HttpCounts& http);
    ReloadCounts& reloads() noexcept { return reloads_; }
    // What is wrong now with the files of keys, for metrics().
    std::atomic<std::size_t>& key_file_errors() noexcept { return key_file_errors_; }

private:
    explicit Assembly(std::unique_ptr<Edition> edition)
        : edition_(std::move(edition)), schema_(edition_->plan.schema) {}
    Result<http::ListeningSocket> open_socket(const Opening& opening);
    Result<void> open_spool(const Opening& opening);
    // nullopt: the front has what it would have.
    Result<std::optional<http::ListeningSocket>> bind_admin() const;
    void open_control();
    void commit(std::unique_ptr<Edition> next, std::unique_ptr<validate::Validators> validators,
                Exits::Change& change) noexcept;
    Result<void> open_front(http::ListeningSocket socket);
    Result<void> open_admin(std::optional<http::ListeningSocket> socket);
    void warn_of_strangers() const;
    // What both listeners serve.
    http::Services common_services();
    http::Services services();
    std::vector<http::Asset> assets() const;
    void wait_for_committer();
    std::optional<intake::Overload> overload();
    // plugins() tells of these from now on, and looks at what it told of before no more.
    void tell_of(const Edition& edition, const validate::Validators& validators);
    void log_bounds() const;
    trace::Tracer* tracer() noexcept { return tracing_ ? &tracing_->tracer() : nullptr; }

    std::unique_ptr<Edition> edition_;  // for the main thread only
    const std::shared_ptr<const model::Schema> schema_;  // shared: see Plan
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    const plugin::CallWatch* call_watch_ = nullptr;
    std::atomic<bool> draining_{false};
    ReloadCounts reloads_;
    std::atomic<std::size_t> key_file_errors_{0};
    unsigned cores_ = 1;
    std::string host_;  // where it listens
    bool passed_ = false;

    std::unique_ptr<Tracing> tracing_;  // null: nothing is traced
    std::unique_ptr<validate::Validators> validators_;
    std::unique_ptr<spool::Spool> spool_;
    std::uint64_t segment_bytes_ = 0;  // of the spool
    std::unique_ptr<ControlSocket> control_;  // until who serves takes it; goes first
    intake::Pace pace_;
    std::unique_ptr<Exits> exits_;
    // Held while plugins() reads them, so that they are there as long.
    mutable Mutex telling_;
    const Edition* told_edition_ INGEST_GUARDED_BY(telling_) = nullptr;
    const validate::Validators* told_validators_ INGEST_GUARDED_BY(telling_) = nullptr;
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<http::Server> admin_;  // null: server_ has what it would have
};

}  // namespace ingest::app
