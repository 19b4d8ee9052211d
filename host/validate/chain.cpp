#include "validate/chain.h"

#include <bit>

#include "base/log.h"
#include "base/time_text.h"

namespace ingest::validate {
namespace {

void refuse(std::span<std::uint8_t> refused, std::int64_t row) noexcept {
    std::uint8_t& bits = refused[static_cast<std::size_t>(row / 8)];
    bits = static_cast<std::uint8_t>(bits | 1U << (row % 8));
}

void log_failure(const Step& step, const plugin::Answer& answer, std::uint64_t failures) {
    // They come in floods when they come: each time their number has doubled is enough.
    if (!std::has_single_bit(failures)) return;
    log::error("validate", "a validator failed",
               {{"validator", step.name},
                {"plugin", step.instance->callee().plugin},
                {"reason", answer.message},
                {"readings", step.on_error == OnError::pass ? "passed" : "refused"},
                {"failures", failures}});
}

// `before`: how many there were before this call.
void log_misbehaviour(const Step& step, const plugin::Report& report, std::uint64_t before) {
    const std::uint64_t now = before + report.misbehaviours();
    if (std::bit_width(before) == std::bit_width(now)) return;  // it has not doubled
    log::warn("validate", "a validator does what its manifest or the ABI forbids",
              {{"validator", step.name},
               {"plugin", step.instance->callee().plugin},
               {"what", report.first_misbehaviour()},
               {"misbehaviours", now}});
}

}  // namespace

bool Chain::run(model::Batch& batch, std::span<std::uint8_t> refused,
                std::vector<plugin::Report::Issue>& issues) {
    if (batch.empty()) return true;
    const auto rows = static_cast<std::uint64_t>(batch.rows());
    std::int64_t begun = monotonic_ns();
    for (const Step& step : steps_) {
        const bool passed = run_step(step, batch, refused, issues);
        const std::int64_t ended = monotonic_ns();
        if (step.calls != nullptr) step.calls->count(rows, ended - begun);
        begun = ended;
        if (!passed) {
            failed_step_ = step.name;
            return false;
        }
    }
    return true;
}

plugin::Answer Chain::call(const Step& step, const model::Batch& batch,
                           std::span<const std::uint8_t> refused, std::uint32_t flags) {
    view_.fill(batch);
    report_.begin(batch, step.instance->promises());
    const ingest_batch shown{sizeof(ingest_batch), flags, 0,
                             0,                    batch.schema().arrow(), view_.array(),
                             refused.data()};
    ingest_report table = report_.table();
    if (step.turn == nullptr) return step.instance->validate(shown, table);
    const MutexLock lock(*step.turn);
    return step.instance->validate(shown, table);
}

bool Chain::run_step(const Step& step, model::Batch& batch, std::span<std::uint8_t> refused,
                     std::vector<plugin::Report::Issue>& issues) {
    const plugin::Answer answer = call(step, batch, refused, 0);
    const std::uint64_t wrong = report_.misbehaviours();
    log_misbehaviour(
        step, report_, step.counters->misbehaviours.fetch_add(wrong, std::memory_order_relaxed));
    if (!answer.ok()) {
        // The report is a transaction: nothing of it counts.
        const auto before = step.counters->failures.fetch_add(1, std::memory_order_relaxed);
        log_failure(step, answer, before + 1);
        return step.on_error == OnError::pass;
    }
    for (const plugin::Report::Issue& issue : report_.issues()) {
        step.counters->count(issue);
        if (issue.reject) refuse(refused, issue.row);
        issues.push_back(issue);
    }
    report_.apply_edits(batch);
    return true;
}

bool Chain::try_out(model::Batch& batch, std::span<std::uint8_t> refused,
                    const std::function<void(const Said&)>& told) {
    if (batch.empty()) return true;
    for (const Step& step : steps_) {
        const std::int64_t begun = monotonic_ns();
        const plugin::Answer answer = call(step, batch, refused, INGEST_BATCH_TRIAL);
        const std::int64_t nanoseconds = monotonic_ns() - begun;
        if (answer.ok()) {
            for (const plugin::Report::Issue& issue : report_.issues()) {
                if (issue.reject) refuse(refused, issue.row);
            }
            report_.apply_edits(batch);
        }
        told({step, answer, report_, nanoseconds});
        if (answer.ok() || step.on_error == OnError::pass) continue;
        failed_step_ = step.name;
        return false;
    }
    return true;
}

}  // namespace ingest::validate
