#include "http/terms.h"

#include <utility>

namespace ingest::http {

Terms::Terms(const Options& options, SharedAssets all_assets, SharedLimiter its_limiter)
    : limits(options.limits),
      cors(options.cors),
      assets(std::move(all_assets)),
      router({.uppercase_ids = options.uppercase_ids}, assets->assets),
      limiter(std::move(its_limiter)),
      gate(options.gate),
      trusted_proxies(options.trusted_proxies),
      id_case(options.uppercase_ids ? access::IdCase::upper : access::IdCase::as_sent),
      audit(options.audit) {}

}  // namespace ingest::http
