#include "http/server.h"

#include <algorithm>
#include <exception>
#include <latch>
#include <random>

#include "base/log.h"
#include "base/time_text.h"
#include "http/core.h"
#include "http/listener.h"
#include "http/station.h"
#include "http/terms.h"

namespace ingest::http {
namespace {

// What a session needs at most to notice that it was cut off; it has nothing to wait for then.
constexpr std::chrono::seconds cut_patience{5};

std::uint64_t random_seed() {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 | device();
}

// A certificate whose end is nearer than this is warned of.
constexpr std::int64_t renewal_us = std::int64_t{14} * 24 * 3600 * 1'000'000;

void log_tls(const TlsContext& tls) {
    log::info("http", "new connections get this certificate",
              {{"subject", tls.subject()},
               {"sha256", tls.fingerprint()},
               {"expires_at", to_rfc3339(tls.expires_at_us())},
               {"asks_clients", tls.asks_clients()}});
    if (tls.expires_at_us() - now_us() > renewal_us) return;
    log::warn("http", "the certificate expires soon; renew it and send SIGHUP",
              {{"subject", tls.subject()}, {"expires_at", to_rfc3339(tls.expires_at_us())}});
}

}  // namespace

// Members in the order in which they are made; the cores stop first of all.
class Server::Impl {
public:
    Impl(const Options& options, Services services)
        : shared_(options, std::move(services), random_seed()) {
        take_rate(options.rate_limit);
        take_assets(shared_.services.assets);
        for (unsigned core = 0; core < shared_.threads; ++core) {
            cores_.push_back(std::make_unique<Core>(shared_, make_terms(options),
                                                    make_front(core)));
        }
        listener_ = std::make_unique<Listener>(cores_);
        shared_.counts = [this] { return counters(); };
    }

    ~Impl() {
        if (started_) drain(std::chrono::milliseconds(0));
        for (const auto& core : cores_) core->stop();
    }

    Result<void> start(ListeningSocket socket, const Options& options) {
        const std::string host = socket.host();
        port_ = socket.port();
        idle_grace_max_ = options.idle_grace_max;
        const bool passed = socket.passed();
        if (auto taken = listener_->take(std::move(socket)); !taken) return taken;
        take_tls(options.tls);
        for (unsigned core = 0; core < cores_.size(); ++core) {
            cores_[core]->start(options.listener + "-" + std::to_string(core));
        }
        listener_->start();
        started_ = true;
        log::info("http", "listening",
                  {{"listener", options.listener},
                   {"host", host},
                   {"port", port_},
                   {"socket", passed ? "passed" : "own"},
                   {"tls", options.tls != nullptr},
                   {"cores", cores_.size()},
                   {"connections_max", options.limits.connections_max},
                   {"in_flight_bytes_max", options.limits.in_flight_bytes_max}});
        return {};
    }

    void take_tls(SharedTls tls) {
        if (tls) log_tls(*tls);
        shared_.tls.put(std::move(tls));
    }

    std::uint16_t port() const noexcept { return port_; }

    void change(const Options& options, const std::vector<Asset>& assets) {
        take_rate(options.rate_limit);
        take_assets(assets);
        std::vector<std::unique_ptr<intake::Front>> fronts;
        std::vector<SharedTerms> terms;
        for (unsigned core = 0; core < shared_.threads; ++core) {
            fronts.push_back(make_front(core));
            terms.push_back(make_terms(options));
        }
        shared_.change_bounds(options);
        std::latch done(static_cast<std::ptrdiff_t>(cores_.size()));
        for (std::size_t core = 0; core < cores_.size(); ++core) {
            cores_[core]->change(std::move(terms[core]), fronts[core], done);
        }
        done.wait();
    }

    void drain(std::chrono::milliseconds deadline) {
        const auto end = std::chrono::steady_clock::now() + deadline;
        shared_.draining.store(true, std::memory_order_relaxed);
        listener_->close();
        const auto grace = std::min(idle_grace_max_, deadline / 4);
        for (const auto& core : cores_) core->close_idle_after(grace);
        if (shared_.connections.wait_until_empty(end)) return;
        if (deadline.count() != 0) {
            log::warn("http", "requests are cut off: the drain deadline has passed",
                      {{"connections", shared_.connections.open()}});
        }
        for (const auto& core : cores_) core->cut();
        const auto last = std::chrono::steady_clock::now() + cut_patience;
        if (!shared_.connections.wait_until_empty(last))
            log::error("http", "connections did not end", {});
    }

    observe::HttpCounts counters() const {
        observe::HttpCounts sum = no_counts();
        for (const auto& core : cores_) core->add_to(sum);
        sum.connections_refused = listener_->refused();
        sum.connections_open = shared_.connections.open();
        sum.requests_in_flight = shared_.requests.taken();
        sum.bytes_in_flight =
            shared_.in_flight.taken() + shared_.outcomes.taken() + shared_.answers.taken();
        return sum;
    }

private:
    // Who was counted stays so unless the rate changes.
    void take_rate(const RateLimit& rate) {
        if (limiter_ && rate == rate_) return;
        rate_ = rate;
        limiter_ = std::make_shared<RateLimiter>(rate, random_seed());
    }
    std::unique_ptr<intake::Front> make_front(unsigned core) const {
        return shared_.services.make_front ? shared_.services.make_front(core) : nullptr;
    }
    void take_assets(const std::vector<Asset>& assets) {
        assets_ = std::make_shared<const ServedAssets>(assets, assets_.get());
    }
    SharedTerms make_terms(const Options& options) const {
        return std::make_shared<const Terms>(options, assets_, limiter_);
    }

    Shared shared_;
    RateLimit rate_;
    SharedLimiter limiter_;
    SharedAssets assets_;
    std::vector<std::unique_ptr<Core>> cores_;
    std::unique_ptr<Listener> listener_;
    std::uint16_t port_ = 0;
    std::chrono::milliseconds idle_grace_max_{};
    bool started_ = false;
};

Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ListeningSocket socket, const Options& options,
                                               Services services) {
    try {
        auto impl = std::make_unique<Impl>(options, std::move(services));
        if (const auto started = impl->start(std::move(socket), options); !started) {
            return started.error();
        }
        return std::unique_ptr<Server>(new Server(std::move(impl)));
    } catch (const std::exception& e) {
        return Error{std::string("the HTTP server cannot start: ") + e.what()};
    }
}

std::uint16_t Server::port() const noexcept { return impl_->port(); }

void Server::drain(std::chrono::milliseconds deadline) { impl_->drain(deadline); }

void Server::replace_tls(SharedTls tls) { impl_->take_tls(std::move(tls)); }

void Server::change(const Options& options, const std::vector<Asset>& assets) {
    impl_->change(options, assets);
}

observe::HttpCounts Server::counters() const { return impl_->counters(); }

}  // namespace ingest::http
