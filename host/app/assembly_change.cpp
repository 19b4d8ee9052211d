#include <future>
#include <utility>

#include <malloc.h>

#include "access/gate_change.h"
#include "app/assembly.h"
#include "app/front_terms.h"
#include "base/check.h"
#include "base/log.h"

// How an assembly comes to serve another edition.
namespace ingest::app {
namespace {

// What the difference leaves as it is.
Running running(const Difference& difference, const validate::Validators& validators) {
    Running running;
    running.validators = &validators;
    for (const SinkFate& fate : difference.sinks) {
        running.sinks.push_back(fate.what == SinkFate::What::keep);
    }
    running.queries = !difference.queries;
    return running;
}

// At most so many names in a line of the log.
constexpr std::size_t names_max = 20;

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < names_max; ++i) {
        text += (i == 0 ? "" : ", ") + names[i];
    }
    if (names.size() > names_max) {
        text += " and " + std::to_string(names.size() - names_max) + " more";
    }
    return text;
}

void log_gate_change(const access::Gate* before, const access::Gate* now) {
    if (now == nullptr) return;  // nobody is asked any more: the difference says so
    const access::GateChange change = access::change_of(before, *now);
    if (change.empty()) return;
    log::info("app", "others are let in from now on",
              {{"added", listed(change.added)},
               {"removed", listed(change.removed)},
               {"changed", listed(change.changed)},
               {"keys", now->keys().size()},
               {"token_keys", now->token_keys() ? now->token_keys()->keys().size() : 0}});
}

}  // namespace

Result<Difference> Assembly::change(std::unique_ptr<Edition> next,
                                    config::Diagnostics& diagnostics) {
    check(next->plan.schema->same_layout(*schema_), "another schema was refused");
    next->plan.schema = schema_;
    Difference difference = difference_of(*edition_, *next);
    if (difference.empty()) {
        server_->replace_tls(std::move(next->plan.tls));  // for its word on an end that is near
        return difference;
    }
    Instances made = make_instances(next->config, next->plan, cores_, diagnostics,
                                    running(difference, *validators_));
    if (!diagnostics.empty()) return Error{"a plugin refuses its options"};
    auto validators = std::move(made.validators);
    const auto prepared = exits_->prepare(*next, difference, std::move(made));
    if (!prepared) return prepared.error();
    commit(std::move(next), std::move(validators), **prepared);
    return difference;
}

// Nothing fails in here. What cannot be had all the same, such as a thread, ends the process: half
// a change cannot be taken back.
void Assembly::commit(std::unique_ptr<Edition> next,
                      std::unique_ptr<validate::Validators> validators,
                      Exits::Change& change) noexcept {
    exits_->change_board(change);
    const std::unique_ptr<const Edition> former = std::exchange(edition_, std::move(next));
    std::swap(validators_, validators);
    tell_of(*edition_, *validators_);
    log_gate_change(former->plan.gate.get(), edition_->plan.gate.get());
    server_->replace_tls(edition_->plan.tls);
    server_->change(http_options(*edition_, cores_), assets());
    validators.reset();  // no core has them any more
    // What the former fronts handed over tells the former board, and is for the lanes that leave.
    wait_for_committer();
    exits_->finish(change, std::chrono::steady_clock::now() + edition_->config.drain.timeout);
    // Lanes and readers come and go in threads of their own, and the allocator keeps what each of
    // them had in its arena: some megabytes if nobody asks for them.
    ::malloc_trim(0);
    log_bounds();
}

// As change(), of an edition that differs in nothing else: fronts go to the former board, which
// stays.
void Assembly::change_gate(access::SharedGate gate) {
    check(edition_->plan.gate != nullptr && gate != nullptr, "nobody begins or ends to be asked");
    log_gate_change(edition_->plan.gate.get(), gate.get());
    edition_->plan.gate = std::move(gate);
    server_->change(http_options(*edition_, cores_), assets());
}

void Assembly::tell_of(const Edition& edition, const validate::Validators& validators) {
    const MutexLock lock(telling_);
    told_edition_ = &edition;
    told_validators_ = &validators;
}

// Until it is done with all that was submitted before.
void Assembly::wait_for_committer() {
    std::promise<void> done;
    spool_->submit(model::Batch(*schema_), [&](const auto&) { done.set_value(); });
    done.get_future().wait();
}

}  // namespace ingest::app
