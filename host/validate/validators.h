#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "validate/chain.h"

namespace ingest::validate {

// A validator as configured; `library` outlives everything made of it.
struct ValidatorPlan {
    std::string name;
    const plugin::Library* library = nullptr;
    std::string options_json;
    OnError on_error = OnError::refuse;
    friend bool operator==(const ValidatorPlan&, const ValidatorPlan&) = default;
};

// Owns all validator instances: one per core and plan, or a single one where the manifest says
// shared_state. Made and destroyed on the main thread, and outlives the chains. One that takes the
// place of another goes on with the instances whose plans did not change.
class Validators {
public:
    // A failure of an instance: which plan, and what it said.
    struct Failure {
        std::size_t plan = 0;
        plugin::Answer answer;
    };
    // Makes every instance, but for those that `before` has of an equal plan, for the same schema
    // and cores: they are both ones' then, counters included. Null when some plan's plugin refuses
    // its options: each is in `failures` then.
    static std::unique_ptr<Validators> create(std::vector<ValidatorPlan> plans,
                                              const model::Schema& schema, unsigned cores,
                                              std::vector<Failure>& failures,
                                              const Validators* before = nullptr);

    // For one core's chain; they refer to instances of this.
    std::vector<Step> steps(unsigned core);

    struct Counted {
        const ValidatorPlan& plan;
        std::size_t instances;
        const Counters& counters;
        std::span<const Calls> calls;  // by core
    };
    // In the configuration's order. Any thread.
    std::vector<Counted> counters() const;

private:
    struct Configured {
        Configured(ValidatorPlan its_plan, unsigned cores)
            : plan(std::move(its_plan)),
              counters(plan.library->manifest().issues.size()),
              calls(cores) {}
        const ValidatorPlan plan;
        std::vector<std::unique_ptr<plugin::Validator>> instances;  // one, or one per core
        Mutex turn;
        Counters counters;
        std::vector<Calls> calls;  // one per core
    };
    // Shared: by those before and after a change, for as long as both are there.
    using SharedConfigured = std::shared_ptr<Configured>;
    SharedConfigured find_like(const ValidatorPlan& plan,
                               const std::vector<SharedConfigured>& taken) const;

    std::vector<SharedConfigured> configured_;
};

}  // namespace ingest::validate
