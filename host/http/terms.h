#pragma once

#include <memory>
#include <vector>

#include "http/rate_limiter.h"
#include "http/response.h"
#include "http/router.h"
#include "http/served_assets.h"
#include "http/server.h"

namespace ingest::http {

// Shared: all cores' terms have it, and later ones with the same rate.
using SharedLimiter = std::shared_ptr<RateLimiter>;

// The terms on which requests are served, which a server changes as a whole. Immutable, but for the
// limiter, which locks for itself. Each core has its own, so that its requests, which keep those
// that they began with, count no reference that other cores count too.
struct Terms {
    Terms(const Options& options, SharedAssets all_assets, SharedLimiter its_limiter);
    Terms(const Terms&) = delete;
    Terms& operator=(const Terms&) = delete;

    const Limits limits;
    const CorsPolicy cors;
    const SharedAssets assets;
    const Router router;  // leads to the assets
    const SharedLimiter limiter;
    const access::SharedGate gate;  // null: everybody is let in
    const std::vector<IpNetwork> trusted_proxies;
    const access::IdCase id_case;
    const bool audit;
};

// Shared: a request under way keeps the terms that it began with.
using SharedTerms = std::shared_ptr<const Terms>;

}  // namespace ingest::http
