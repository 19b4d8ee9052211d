#include <thread>

#include "conformance/groups.h"
#include "conformance/patience.h"
#include "conformance/process_state.h"
#include "conformance/tried_plugin.h"

namespace ingest::conformance {
namespace {

constexpr std::int64_t rows_some = 100;
constexpr int calls_many = 1000;
constexpr int calls_before = 100;
constexpr std::size_t leak_bytes_min = 16;
constexpr double loop_seconds = 5.0;

Outcome gentle(Outcome outcome) {
    outcome.blocks = false;
    return outcome;
}

// The first misbehaviour in a report, over batches of all kinds.
std::string misbehaviour_of(TriedValidator& validator) {
    Samples samples(validator.schema());
    for (const Filling filling :
         {Filling::everyday, Filling::nulls, Filling::extremes, Filling::texts}) {
        const model::Batch batch = samples.batch(rows_some, filling);
        const Opinion opinion = validator.validate(batch, "validate with 100 rows");
        if (opinion.misbehaviours > 0) return opinion.first_misbehaviour;
    }
    return {};
}

}  // namespace

Outcome check_report(const Subject& subject) {
    return with_validator(subject, [](TriedValidator& validator) {
        const std::string wrong = misbehaviour_of(validator);
        if (wrong.empty()) {
            return passed("rows and columns exist, codes and changed columns are in the manifest");
        }
        return gentle(failed(
            wrong, "count rows and columns from 0; list every code in the manifest's `issues` and "
                   "every column that is changed in `writes`"));
    });
}

Outcome check_determinism(const Subject& subject) {
    if (subject.manifest.shared_state) {
        return skipped("it says shared_state: what it says may depend on what was", false);
    }
    return with_library(subject, [&](const plugin::Library& library) {
        const auto schema = schema_for(subject);
        TriedValidator first(library, subject.options_json, *schema);
        TriedValidator second(library, subject.options_json, *schema);
        Samples samples(*schema);
        for (const Filling filling : {Filling::everyday, Filling::texts, Filling::extremes}) {
            const model::Batch batch = samples.batch(rows_some, filling);
            const Opinion once = first.validate(batch, "validate");
            const Opinion again = first.validate(batch, "validate with the same batch again");
            const Opinion other = second.validate(batch, "validate of another instance");
            const std::string differs = difference(once, again);
            if (!differs.empty() || !difference(once, other).empty()) {
                return failed("the same batch gets another verdict: " +
                                  (differs.empty() ? difference(once, other) : differs),
                              "say \"shared_state\": true in the manifest if what was matters; "
                              "else every instance must say the same of a reading, because its "
                              "connection chooses the core and so the instance");
            }
        }
        return passed("the same batch gets the same verdict, from each instance");
    });
}

Outcome check_trial(const Subject& subject) {
    return with_library(subject, [&](const plugin::Library& library) {
        const auto schema = schema_for(subject);
        TriedValidator tried(library, subject.options_json, *schema);
        TriedValidator fresh(library, subject.options_json, *schema);
        Samples samples(*schema);
        // One reading of each equipment: within a trial, none has to be remembered for another.
        const model::Batch batch = samples.batch(Samples::equipments);
        const Opinion trial =
            tried.validate(batch, "validate with a trial batch", {INGEST_BATCH_TRIAL, 0, 0, {}});
        const Opinion then = tried.validate(batch, "validate after a trial batch");
        const Opinion first = fresh.validate(batch, "validate");
        std::string differs = difference(first, then);
        if (differs.empty()) differs = difference(first, trial);
        if (differs.empty()) return passed("a trial is answered as always and leaves no memory");
        return gentle(failed("a trial batch is remembered, or answered otherwise: " + differs,
                             "when INGEST_BATCH_TRIAL is set, answer as always and remember "
                             "nothing of the batch beyond the call"));
    });
}

Outcome check_validate_many(const Subject& subject) {
    return with_validator(subject, [](TriedValidator& validator) {
        Samples samples(validator.schema());
        const model::Batch batch = samples.batch(64);
        const PlainBatch shown(batch, {});
        plugin::Report report;
        const auto call_for = [&](int calls) {
            const std::int64_t end = deadline_in(loop_seconds * patience);
            int made = 0;
            for (; made < calls && monotonic_ns() < end; ++made) {
                validator.validate_only(*shown.get(), batch, report);
            }
            return made;
        };
        call_for(calls_before);
        const ProcessState before = look_at_process();
        const std::size_t bytes_before = allocated_bytes();
        const int calls = call_for(calls_many);
        const std::size_t bytes = allocated_bytes();
        const auto changes = changes_of(before, look_at_process());
        if (!changes.empty()) {
            return gentle(failed("after " + std::to_string(calls) + " calls, " + changes.front(),
                                 "leave what belongs to the process alone"));
        }
        if (bytes > bytes_before + leak_bytes_min * static_cast<std::size_t>(calls)) {
            return gentle(failed(
                "the memory grows by " +
                    std::to_string((bytes - bytes_before) / static_cast<std::size_t>(calls)) +
                    " bytes with each call, for the same readings again",
                "free what a call allocates; bound what you remember"));
        }
        return passed(std::to_string(calls) + " calls left no memory, descriptors or threads");
    });
}

Outcome check_cores(const Subject& subject) {
    if (subject.manifest.shared_state) {
        return skipped("it says shared_state: the host serialises calls of one instance", false);
    }
    return with_library(subject, [&](const plugin::Library& library) {
        constexpr std::size_t cores = 4;
        const auto schema = schema_for(subject);
        Samples samples(*schema);
        const model::Batch batch = samples.batch(rows_some);
        std::deque<TriedValidator> validators;
        for (std::size_t i = 0; i < cores; ++i) {
            validators.emplace_back(library, subject.options_json, *schema);
        }
        const Opinion expected = validators[0].validate(batch, "validate");
        std::vector<std::string> differs(cores);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < cores; ++i) {
            threads.emplace_back([&, i] {
                for (int call = 0; call < 50 && differs[i].empty(); ++call) {
                    differs[i] = difference(
                        expected, validators[i].validate(batch, "validate on four cores"));
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        for (const std::string& text : differs) {
            if (text.empty()) continue;
            return gentle(failed("beside each other, instances say another thing: " + text,
                                 "keep what an instance needs in the instance: static variables "
                                 "are shared by all cores"));
        }
        return passed("four instances on four threads do not disturb each other");
    });
}

Outcome check_throughput(const Subject& subject) {
    return with_validator(subject, [](TriedValidator& validator) {
        Samples samples(validator.schema());
        const model::Batch batch = samples.batch(rows_some);
        const PlainBatch shown(batch, {});
        plugin::Report report;
        const std::int64_t begun = monotonic_ns();
        const std::int64_t end = deadline_in(0.3);
        std::int64_t rows = 0;
        while (monotonic_ns() < end) {
            validator.validate_only(*shown.get(), batch, report);
            rows += batch.rows();
        }
        const double seconds = static_cast<double>(monotonic_ns() - begun) / 1e9;
        const auto rate = static_cast<std::int64_t>(static_cast<double>(rows) / seconds);
        Outcome outcome = passed(std::to_string(rate) + " rows/s, 100 rows a call, one thread");
        outcome.facts = {{"rows_per_second", rate}};
        return outcome;
    });
}

}  // namespace ingest::conformance
