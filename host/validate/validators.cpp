#include "validate/validators.h"

#include <algorithm>

namespace ingest::validate {

// What stands there for an equal plan, and is nobody's in `taken`: two equal ones stay two.
Validators::SharedConfigured Validators::find_like(
    const ValidatorPlan& plan, const std::vector<SharedConfigured>& taken) const {
    const auto like = std::ranges::find_if(configured_, [&](const auto& configured) {
        return configured->plan == plan && std::ranges::find(taken, configured) == taken.end();
    });
    return like == configured_.end() ? nullptr : *like;
}

std::unique_ptr<Validators> Validators::create(std::vector<ValidatorPlan> plans,
                                               const model::Schema& schema, unsigned cores,
                                               std::vector<Failure>& failures,
                                               const Validators* before) {
    auto validators = std::make_unique<Validators>();
    auto& made = validators->configured_;
    for (ValidatorPlan& plan : plans) {
        if (auto kept = before ? before->find_like(plan, made) : nullptr) {
            made.push_back(std::move(kept));
            continue;
        }
        auto& configured = *made.emplace_back(std::make_shared<Configured>(std::move(plan), cores));
        const plugin::Library& library = *configured.plan.library;
        const unsigned instances = library.manifest().shared_state ? 1 : cores;
        for (unsigned i = 0; i < instances; ++i) {
            plugin::Answer failure;
            auto instance = plugin::Validator::create(library, configured.plan.options_json, schema,
                                                      failure);
            if (!instance) {
                failures.push_back({made.size() - 1, failure});
                break;
            }
            configured.instances.push_back(std::move(instance));
        }
    }
    return failures.empty() ? std::move(validators) : nullptr;
}

std::vector<Step> Validators::steps(unsigned core) {
    std::vector<Step> steps;
    for (const auto& configured : configured_) {
        const bool shared = configured->plan.library->manifest().shared_state;
        steps.push_back({configured->plan.name, configured->plan.on_error,
                         configured->instances[shared ? 0 : core].get(),
                         shared ? &configured->turn : nullptr, &configured->counters,
                         &configured->calls[core]});
    }
    return steps;
}

std::vector<Validators::Counted> Validators::counters() const {
    std::vector<Counted> all;
    for (const auto& configured : configured_)
        all.push_back({configured->plan, configured->instances.size(), configured->counters,
                       configured->calls});
    return all;
}

}  // namespace ingest::validate
