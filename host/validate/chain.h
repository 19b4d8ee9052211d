#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "model/arrow_view.h"
#include "model/batch.h"
#include "plugin/report.h"
#include "plugin/validator.h"
#include "validate/counters.h"

namespace ingest::validate {

// What happens to readings when a validator itself fails (a bug, not a verdict).
enum class OnError { refuse, pass };

// One validator as one core calls it. `turn` is set for validators with shared state: they have a
// single instance, and whoever calls it holds the mutex.
struct Step {
    std::string name;
    OnError on_error = OnError::refuse;
    plugin::Validator* instance = nullptr;
    Mutex* turn = nullptr;
    Counters* counters = nullptr;
    Calls* calls = nullptr;  // this core's; null: nobody wants to know
};

// The configured validators in order, for one core; called on that core's thread only.
//
// Every validator sees every row, also those that were refused before it (they carry the refused
// bit), so that a client hears of all faults at once. Changes of cells are seen by the next one.
class Chain {
public:
    explicit Chain(std::vector<Step> steps) : steps_(std::move(steps)) {}

    // `refused` has a bit per row (least significant first) and gains those that are rejected
    // here. Issues are appended to `issues`. False: a validator failed whose on_error is refuse,
    // and nothing of the batch may be accepted; `failed_step()` names it.
    bool run(model::Batch& batch, std::span<std::uint8_t> refused,
             std::vector<plugin::Report::Issue>& issues);
    const std::string& failed_step() const noexcept { return failed_step_; }
    std::span<const Step> steps() const noexcept { return steps_; }

    // What a validator did in try_out(); valid while it is told.
    struct Said {
        const Step& step;
        const plugin::Answer& answer;
        const plugin::Report& report;  // its changes are in the batch already
        std::int64_t nanoseconds = 0;  // of the call, and of the wait for a turn if it has one
    };
    // As run(), for readings that will not be stored: the validators are told so, nothing is
    // counted, and `told` hears of each one that was called.
    bool try_out(model::Batch& batch, std::span<std::uint8_t> refused,
                 const std::function<void(const Said&)>& told);

private:
    bool run_step(const Step& step, model::Batch& batch, std::span<std::uint8_t> refused,
                  std::vector<plugin::Report::Issue>& issues);
    plugin::Answer call(const Step& step, const model::Batch& batch,
                        std::span<const std::uint8_t> refused, std::uint32_t flags);

    std::vector<Step> steps_;
    model::ArrowView view_;
    plugin::Report report_;
    std::string failed_step_;
};

}  // namespace ingest::validate
