#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/ip_network.h"
#include "base/log.h"
#include "base/time_text.h"
#include "http/exchange.h"
#include "http/log_text.h"

// Who sent which readings. The spool's format and the stores' tables have no place for that, so
// these lines are where it is told.
namespace ingest::http {
namespace {

// So that a line stays below 16 KiB, whatever else it has.
constexpr std::size_t ids_per_line = 100;

// With its source, without which it means nothing.
std::string name_of(const Identity& identity) {
    using Source = Identity::Source;
    switch (identity.source) {
        case Source::certificate_uri: return "uri:" + identity.name;
        case Source::certificate_dns: return "dns:" + identity.name;
        case Source::certificate_subject: return "subject:" + identity.name;
        case Source::none: break;
    }
    return {};
}

std::string_view word_of(std::optional<intake::Ack> ack) noexcept {
    if (ack == intake::Ack::stored) return "stored";
    if (ack == intake::Ack::spooled) return "spooled";
    return "unknown";
}

}  // namespace

void Exchange::set_ack(std::optional<intake::Ack> ack) {
    ack_ = ack;
    if (terms().audit) audit_kept();
}

// Also when they could not be kept, as far as is known: what a failing disk has of them may be
// found, and delivered, after the next start.
void Exchange::audit_kept() {
    choose_request_id();
    const access::Visitor nobody;
    const access::Visitor& visitor = reception_.visitor() ? *reception_.visitor() : nobody;
    const std::string address = ip_text(reception_.client().bytes);
    const std::string trace = trace_id();
    const std::string certificate = name_of(identity_);
    const auto& readings = outcome_->accepted;
    const std::size_t parts = (readings.size() + ids_per_line - 1) / ids_per_line;
    std::vector<std::string> ids;
    for (std::size_t part = 0; part < parts; ++part) {
        const std::size_t first = part * ids_per_line;
        const std::size_t count = std::min(ids_per_line, readings.size() - first);
        ids.clear();
        for (const auto& reading : std::span(readings).subspan(first, count)) {
            ids.push_back(to_text(reading.reading_id));
        }
        log::record("audit", "readings accepted",
                    {{"request_id", request_id_},
                     {"trace_id", trace},
                     {"address", address},
                     {"client", cut_for_log(visitor.name)},
                     {"key_id", cut_for_log(visitor.key_id)},
                     {"issuer", cut_for_log(visitor.issuer)},
                     {"certificate", certificate},
                     {"idempotency_key", cut_for_log(fields_.idempotency_key.value)},
                     {"outcome", word_of(ack_)},
                     {"readings", readings.size()},
                     {"part", part + 1},
                     {"parts", parts},
                     {"reading_ids", std::span<const std::string>(ids)}});
    }
}

// Anybody may be refused as often as they like, so these lines are so many a second and no more.
void Exchange::audit_refusal(unsigned status) {
    if (!terms().audit) return;
    const auto suppressed = station_.shared.refusal_lines.take(monotonic_ns() / 1'000'000);
    if (!suppressed) return;
    const std::string address = ip_text(reception_.client().bytes);
    const bool foreign = outcome_ && outcome_->foreign;
    log::record("audit", "refused",
                {{"request_id", request_id_},
                 {"trace_id", trace_id()},
                 {"address", address},
                 {"client", cut_for_log(client_name())},
                 {"route", http::name_of(route_.endpoint)},
                 {"status", status},
                 {"reason", foreign ? foreign_detail : std::string_view(detail_)},
                 {"lines_suppressed", *suppressed}});
}

}  // namespace ingest::http
