#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "model/arrow_view.h"
#include "model/batch.h"
#include "plugin/report.h"
#include "plugin/validator.h"

namespace ingest::validate {

// What happens to readings when a validator itself fails (a bug, not a verdict).
enum class OnError { refuse, pass };

// What one configured validator did, summed over all cores. Written with relaxed atomics.
struct Counters {
    std::atomic<std::uint64_t> rejections{0};
    std::atomic<std::uint64_t> warnings{0};
    std::atomic<std::uint64_t> failures{0};
    std::atomic<std::uint64_t> misbehaviours{0};
};

// One validator as one core calls it. `turn` is set for validators with shared state: they have a
// single instance, and whoever calls it holds the mutex.
struct Step {
    std::string name;
    OnError on_error = OnError::refuse;
    plugin::Validator* instance = nullptr;
    Mutex* turn = nullptr;
    Counters* counters = nullptr;
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

private:
    bool run_step(const Step& step, model::Batch& batch, std::span<std::uint8_t> refused,
                  std::vector<plugin::Report::Issue>& issues);
    plugin::Answer call(const Step& step, const model::Batch& batch,
                        std::span<const std::uint8_t> refused);

    std::vector<Step> steps_;
    model::ArrowView view_;
    plugin::Report report_;
    std::string failed_step_;
};

}  // namespace ingest::validate
