#include "app/difference.h"

#include <algorithm>
#include <optional>

#include "app/exit_terms.h"
#include "app/keys.h"

namespace ingest::app {
namespace {

using config::Config;

bool same_plugin(const PlannedSink& a, const PlannedSink& b) {
    return a.library == b.library && a.options_json == b.options_json;
}

bool same_plugin(const PlannedValidator& a, const PlannedValidator& b) {
    return a.library == b.library && a.options == b.options &&
           a.config->use.plugin == b.config->use.plugin &&
           a.config->on_error == b.config->on_error;
}

bool same_lane(const config::Sink& a, const config::Sink& b) {
    return a.workers == b.workers && a.batch_rows_max == b.batch_rows_max &&
           a.write_timeout == b.write_timeout && a.retry_delay_min == b.retry_delay_min &&
           a.retry_delay_max == b.retry_delay_max;
}

// Who waits, for whom, and how long.
bool same_board(const Config& a, const Config& b) {
    if (a.ack != b.ack) return false;
    if (a.ack == config::Ack::spool) return true;
    return a.ack_timeout == b.ack_timeout && a.sinks[*a.storage].name == b.sinks[*b.storage].name;
}

const PlannedSink* asked_sink(const Edition& edition) {
    if (!edition.config.storage) return nullptr;
    const PlannedSink& storage = edition.plan.sinks[*edition.config.storage];
    return storage.library->query() ? &storage : nullptr;
}

bool same_queries(const Edition& a, const Edition& b) {
    const PlannedSink* asked_before = asked_sink(a);
    const PlannedSink* asked_now = asked_sink(b);
    if (asked_before == nullptr || asked_now == nullptr) return asked_before == asked_now;
    return same_plugin(*asked_before, *asked_now) &&
           a.config.query.readers == b.config.query.readers &&
           a.config.query.timeout == b.config.query.timeout;
}

SinkFate fate_of(const Edition& before, const Edition& now, const PlannedSink& sink, bool board) {
    const auto& former = before.plan.sinks;
    const auto same_name = std::ranges::find(
        former, sink.config->name, [](const PlannedSink& one) { return one.config->name; });
    if (same_name == former.end()) return {SinkFate::What::add, 0};
    const bool awaited = is_awaited(now.config, *sink.config);
    const bool keeps = same_plugin(*same_name, sink) &&
                       same_lane(*same_name->config, *sink.config) &&
                       awaited == is_awaited(before.config, *same_name->config) &&
                       !(awaited && board);
    return {keeps ? SinkFate::What::keep : SinkFate::What::rebuild,
            static_cast<std::size_t>(same_name - former.begin())};
}

void compare_sinks(const Edition& before, const Edition& now, Difference& difference) {
    std::vector<bool> stays(before.plan.sinks.size(), false);
    for (const PlannedSink& sink : now.plan.sinks) {
        const SinkFate fate = fate_of(before, now, sink, difference.board);
        difference.sinks.push_back(fate);
        const std::string words = "sink " + sink.config->name;
        if (fate.what == SinkFate::What::add) {
            difference.added.push_back(words);
            continue;
        }
        stays[fate.before] = true;
        const bool same = fate.what == SinkFate::What::keep &&
                          sink.config->ready == before.plan.sinks[fate.before].config->ready;
        (same ? difference.kept : difference.changed).push_back(words);
    }
    for (std::size_t i = 0; i < stays.size(); ++i) {
        if (stays[i]) continue;
        difference.sinks_removed.push_back(i);
        difference.removed.push_back("sink " + before.plan.sinks[i].config->name);
    }
}

// Takes the first of `from` that `fits` away and returns where it stood.
template <class Fits>
std::optional<std::size_t> take(std::vector<const PlannedValidator*>& from, Fits fits) {
    const auto found = std::ranges::find_if(
        from, [&](const auto* one) { return one != nullptr && fits(*one); });
    if (found == from.end()) return std::nullopt;
    *found = nullptr;
    return static_cast<std::size_t>(found - from.begin());
}

void compare_validators(const Edition& before, const Edition& now, Difference& difference) {
    std::vector<const PlannedValidator*> former;
    for (const PlannedValidator& validator : before.plan.validators) former.push_back(&validator);
    std::vector<const PlannedValidator*> others;
    std::vector<std::size_t> order;  // of those that are kept
    for (const PlannedValidator& validator : now.plan.validators) {
        const auto at = take(former, [&](const auto& one) { return same_plugin(one, validator); });
        if (!at) {
            others.push_back(&validator);
            continue;
        }
        order.push_back(*at);
        difference.kept.push_back("validator " + validator.config->use.plugin);
    }
    for (const PlannedValidator* validator : others) {
        const std::string& name = validator->config->use.plugin;
        const auto at =
            take(former, [&](const auto& one) { return one.config->use.plugin == name; });
        (at ? difference.changed : difference.added).push_back("validator " + name);
    }
    for (const PlannedValidator* validator : former) {
        if (validator == nullptr) continue;
        difference.removed.push_back("validator " + validator->config->use.plugin);
    }
    if (!std::ranges::is_sorted(order)) difference.changed.emplace_back("order of validators");
}

// By what the files hold, which is read at every reload.
bool same_tls(const Plan& a, const Plan& b) {
    if (!a.tls || !b.tls) return a.tls == b.tls;
    return a.tls->digest() == b.tls->digest();
}

}  // namespace

bool same_gate(const access::SharedGate& a, const access::SharedGate& b) {
    if (!a || !b) return a == b;
    return a->digest() == b->digest();
}

Difference difference_of(const Edition& before, const Edition& now) {
    Difference difference;
    difference.board = !same_board(before.config, now.config);
    difference.queries = !same_queries(before, now);
    compare_validators(before, now, difference);
    compare_sinks(before, now, difference);
    for (std::string& key : changed_keys(before.config, now.config)) {
        difference.changed.push_back(std::move(key));
    }
    if (!same_tls(before.plan, now.plan)) difference.changed.emplace_back("http.tls");
    if (!same_gate(before.plan.gate, now.plan.gate)) difference.changed.emplace_back("http.auth");
    return difference;
}

}  // namespace ingest::app
