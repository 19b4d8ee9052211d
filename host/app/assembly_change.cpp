#include <future>
#include <utility>

#include <malloc.h>

#include "app/assembly.h"
#include "app/front_terms.h"
#include "base/check.h"

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
    Exits::Change& change = **prepared;

    // Nothing fails from here on.
    exits_->change_board(change);
    const std::unique_ptr<const Edition> former =
        std::exchange(edition_, std::unique_ptr<const Edition>(std::move(next)));
    std::swap(validators_, validators);
    tell_of(*edition_, *validators_);
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
    return difference;
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
