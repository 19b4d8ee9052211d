#include <algorithm>

#include "base/log.h"
#include "base/time_text.h"
#include "http/exchange.h"
#include "http/log_text.h"

// What is counted and told of a request that was answered.
namespace ingest::http {

// The key or token of this request says more than the certificate of its connection.
std::string_view Exchange::client_name() const noexcept {
    return reception_.name().empty() ? std::string_view(identity_.name) : reception_.name();
}

void Exchange::log_access(unsigned status) const {
    if (!log::enabled(log::Level::debug)) return;
    std::string_view equipment_id = route_.equipment_id;
    std::string reading_id;  // of a single reading that was kept
    if (outcome_ && outcome_->accepted.size() == 1) {
        equipment_id = outcome_->accepted.front().equipment_id;
        reading_id = to_text(outcome_->accepted.front().reading_id);
    }
    log::debug("http", "answered",
               {{"request_id", request_id_},
                {"trace_id", trace_id()},
                {"method", head_ ? head_->method : ""},
                {"target", head_ ? cut_for_log(head_->target) : ""},
                {"client", cut_for_log(client_name())},
                {"equipment_id", cut_for_log(equipment_id)},
                {"reading_id", reading_id},
                {"status", status},
                {"duration_ms", static_cast<double>(monotonic_ns() - begun_ns_) / 1e6}});
}

void Exchange::count(unsigned status) noexcept {
    CoreCounts& counts = station_.counts;
    CoreCounts::Route& route = counts.routes[static_cast<std::size_t>(route_.endpoint)];
    route.responses[std::min<std::size_t>(status / 100, route.responses.size() - 1)].add();
    route.duration_us.count(static_cast<std::uint64_t>(monotonic_ns() - begun_ns_) / 1000);
    if (status == 408) counts.timeouts.add();
    if (status == 429) counts.rate_limited.add();
    if (!outcome_ || outcome_->kind == intake::Outcome::Kind::malformed) return;
    const bool kept = status == 201 || status == 202;
    if (status == 201) counts.readings_stored.add(outcome_->accepted.size());
    if (status == 202) counts.readings_spooled.add(outcome_->accepted.size());
    if (status < 500) counts.readings_refused.add(outcome_->total - outcome_->accepted.size());
    else counts.readings_failed.add(outcome_->total);
    if (!kept || outcome_->warnings.empty()) return;
    std::uint64_t warned = 1;  // warnings are sorted by reading
    for (std::size_t i = 1; i < outcome_->warnings.size(); ++i) {
        if (outcome_->warnings[i].index != outcome_->warnings[i - 1].index) ++warned;
    }
    counts.readings_warned.add(warned);
}

void Exchange::log_warnings() const {
    const auto suppressed = station_.shared.warning_lines.take(monotonic_ns() / 1'000'000);
    if (!suppressed) return;
    const model::Finding& first = outcome_->warnings.front();
    std::string_view equipment_id;  // of a single reading
    if (outcome_->accepted.size() == 1) equipment_id = outcome_->accepted.front().equipment_id;
    log::warn("http", "readings accepted with warnings",
              {{"request_id", request_id_},
               {"trace_id", trace_id()},
               {"client", cut_for_log(client_name())},
               {"warnings", outcome_->warnings.size()},
               {"equipment_id", cut_for_log(equipment_id)},
               {"first_code", first.code},
               {"first_message", cut_for_log(first.message)},
               {"lines_suppressed", *suppressed}});
}

}  // namespace ingest::http
