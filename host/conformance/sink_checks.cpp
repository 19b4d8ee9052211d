#include <algorithm>

#include "conformance/groups.h"
#include "conformance/on_thread.h"
#include "conformance/patience.h"
#include "conformance/process_state.h"
#include "conformance/tried_plugin.h"

namespace ingest::conformance {
namespace {

constexpr std::int64_t rows_some = 100;
constexpr std::int64_t rows_many = 5000;  // what the host writes at a time by default
constexpr std::size_t small_stack_bytes = 512U << 10;
constexpr double deadline_seconds = 2.0;
// What the host's own watch bears with beyond a deadline is twice as much.
constexpr double grace_seconds = 5.0;
constexpr double long_deadline_seconds = 20.0;
constexpr std::size_t leak_bytes_min = 16;

const std::string codes_fix =
    "OK only when every row is durable; RETRY or TIMEOUT when later may do, REJECT when a row "
    "never will, FATAL when a person must act, each with a message";

Outcome gentle(Outcome outcome) {
    outcome.blocks = false;
    return outcome;
}

// OK, or what is wrong. `rejectable`: a destination may have no room for such values.
Outcome judged(const Told& told, std::string said, bool rejectable = false) {
    const std::string fault = fault_of(told, write_contract);
    if (!fault.empty()) return failed(fault, codes_fix);
    if (told.ok()) return passed(std::move(said));
    if (rejectable && told.code == INGEST_REJECT) {
        return passed("it cannot take all of them: " + words_of(told));
    }
    return failed("write returned " + words_of(told),
                  "the destination answered before: look at the message");
}

Outcome try_write(const Subject& subject, std::int64_t rows, Filling filling,
                  const std::string& doing) {
    return with_sink(subject, [&](TriedSink& sink) {
        Samples samples(sink.schema());
        const Told told = sink.write(samples.batch(rows, filling), long_deadline_seconds * patience,
                                     "write with " + doing);
        return gentle(judged(told, "written", filling != Filling::everyday));
    });
}

}  // namespace

Outcome check_write(const Subject& subject) {
    return with_sink(subject, [](TriedSink& sink) {
        Samples samples(sink.schema());
        const double seconds = deadline_seconds * patience;
        const Told told = sink.write(samples.batch(1), seconds, "the first write, of 1 row");
        const std::string fault = fault_of(told, write_contract);
        if (!fault.empty()) return failed(fault, codes_fix);
        if (told.seconds > seconds + grace_seconds) {
            return failed("write came back " + std::to_string(static_cast<int>(told.seconds)) +
                              " s after it was called with a deadline of 2 s",
                          "bound every wait in `write` by the batch's deadline_ns");
        }
        if (told.ok()) return passed("one row, in time");
        if (told.code == INGEST_REJECT) {
            return failed("write refused an everyday reading for ever: " + words_of(told),
                          "REJECT is for data that can never be taken");
        }
        return skipped("the destination cannot be written to, and it says so in time (" +
                       words_of(told) + "): give --options for one that can");
    });
}

Outcome check_probe(const Subject& subject) {
    return with_sink(subject, [](TriedSink& sink) {
        const std::vector<const model::Batch*> none;
        const Told told = sink.write(none, 0, "write without batches");
        const std::string fault = fault_of(told, write_contract);
        if (!fault.empty()) return failed(fault, codes_fix);
        if (told.code == INGEST_REJECT) {
            return failed("write without batches returned REJECT: there is nothing to refuse",
                          codes_fix);
        }
        return passed(words_of(told));
    });
}

Outcome check_deadline(const Subject& subject) {
    return with_sink(subject, [](TriedSink& sink) {
        Samples samples(sink.schema());
        // Passed when the call is made: it may try, but not for long.
        const Told told = sink.write(samples.batch(rows_some), 1e-6, "write after its deadline");
        const std::string fault = fault_of(told, write_contract);
        if (!fault.empty()) return gentle(failed(fault, codes_fix));
        if (told.seconds > grace_seconds * patience) {
            return gentle(failed("write took " + std::to_string(static_cast<int>(told.seconds)) +
                                     " s although its deadline had passed",
                                 "bound every wait in `write` by the batch's deadline_ns"));
        }
        return passed(words_of(told));
    });
}

Outcome check_write_again(const Subject& subject) {
    return with_sink(subject, [](TriedSink& sink) {
        Samples samples(sink.schema());
        const model::Batch batch = samples.batch(rows_some);
        const double seconds = long_deadline_seconds * patience;
        if (Outcome first = judged(sink.write(batch, seconds, "write"), ""); !first.ok()) {
            return first;
        }
        const Told again = sink.write(batch, seconds, "write of the same rows again");
        const std::string fault = fault_of(again, write_contract);
        if (!fault.empty()) return failed(fault, codes_fix);
        if (again.ok()) return passed("the same rows may come again");
        return failed("rows that were written before got " + words_of(again),
                      "what failed halfway comes again: rows whose reading_id is there already "
                      "count as written (ON CONFLICT DO NOTHING, for example)");
    });
}

Outcome check_write_many(const Subject& subject) {
    return try_write(subject, rows_many, Filling::everyday, "5000 rows");
}

Outcome check_write_nulls(const Subject& subject) {
    return try_write(subject, rows_some, Filling::nulls, "all optional cells null");
}

Outcome check_write_extremes(const Subject& subject) {
    return try_write(subject, rows_some, Filling::extremes, "the ends of every type's range");
}

Outcome check_write_texts(const Subject& subject) {
    return try_write(subject, rows_some, Filling::texts, "texts that are long or not ASCII");
}

Outcome check_write_batches(const Subject& subject) {
    return with_sink(subject, [](TriedSink& sink) {
        Samples samples(sink.schema());
        const model::Batch one = samples.batch(3);
        const model::Batch none = samples.batch(0);
        const model::Batch more = samples.batch(rows_some);
        return gentle(judged(sink.write({&one, &none, &more}, long_deadline_seconds * patience,
                                        "write with three batches, one without rows"),
                             "three batches in one call"));
    });
}

Outcome check_write_guard_pages(const Subject& subject) {
    return with_sink(subject, [](TriedSink& sink) {
        Samples samples(sink.schema());
        for (const std::int64_t rows : {512, 1, 509}) {
            for (const Placed placed : {Placed::at_end, Placed::at_begin}) {
                const model::Batch batch = samples.batch(rows);
                FencedBatch fenced(batch,
                                   {0, 1, deadline_in(long_deadline_seconds * patience), nullptr},
                                   placed);
                const Told told =
                    sink.write_shown(*fenced.get(), "write with memory that it must not touch");
                fenced.take_back();
                if (Outcome outcome = judged(told, ""); !outcome.ok()) return gentle(outcome);
            }
        }
        if (FencedBatch::was_released()) {
            return gentle(failed("it called release of the batch",
                                 "the host owns batches: never call release"));
        }
        return passed("it reads nothing but the batch, and writes nothing into it");
    });
}

Outcome check_write_small_stack(const Subject& subject) {
    return with_sink(subject, [](TriedSink& sink) {
        Samples samples(sink.schema());
        const model::Batch batch = samples.batch(1000);
        Told told;
        on_thread(small_stack_bytes * patience, [&] {
            told = sink.write(batch, long_deadline_seconds * patience,
                              "write with 1000 rows, on a stack of 512 KiB");
        });
        return gentle(judged(told, "1000 rows"));
    });
}

Outcome check_write_leaks(const Subject& subject) {
    return with_sink(subject, [](TriedSink& sink) {
        Samples samples(sink.schema());
        const model::Batch batch = samples.batch(64);
        const auto write_for = [&](int calls, double seconds, Told& told) {
            const std::int64_t end = deadline_in(seconds * patience);
            int made = 0;
            for (; made < calls && told.ok() && monotonic_ns() < end; ++made) {
                told = sink.write(batch, long_deadline_seconds * patience,
                                  "write, again and again");
            }
            return made;
        };
        Told told;
        write_for(20, 2, told);
        const ProcessState before = look_at_process();
        const std::size_t bytes_before = allocated_bytes();
        const int calls = write_for(200, 5, told);
        const std::size_t bytes = allocated_bytes();
        const ProcessState after = look_at_process();
        if (Outcome outcome = judged(told, ""); !outcome.ok()) return gentle(outcome);
        const auto changes = changes_of(before, after);
        if (!changes.empty()) {
            return gentle(failed("after " + std::to_string(calls) + " writes, " + changes.front(),
                                 "keep one connection, and leave what belongs to the process "
                                 "alone"));
        }
        // Some allocators keep more than was asked for, once; a leak is there with each call.
        if (bytes > bytes_before + leak_bytes_min * static_cast<std::size_t>(calls) + 4096) {
            return gentle(failed("the memory grows by " +
                                     std::to_string((bytes - bytes_before) /
                                                    static_cast<std::size_t>(calls)) +
                                     " bytes with each write of the same rows",
                                 "free what a write allocates"));
        }
        sink.destroy();
        const auto left = changes_of(before, look_at_process(), {true, true});
        for (const std::string& change : left) {
            if (change.find("was closed") != std::string::npos) continue;
            return gentle(failed("after destroy, " + change, "close in `destroy` what was opened"));
        }
        return passed(std::to_string(calls) + " writes left no memory, descriptors or threads");
    });
}

Outcome check_write_throughput(const Subject& subject) {
    return with_sink(subject, [](TriedSink& sink) {
        Samples samples(sink.schema());
        std::int64_t rows = 0;
        double seconds = 0;
        while (seconds < 0.5 && rows < 100'000) {
            const model::Batch batch = samples.batch(1000);
            const Told told = sink.write(batch, long_deadline_seconds * patience, "write");
            if (Outcome outcome = judged(told, ""); !outcome.ok()) return gentle(outcome);
            rows += batch.rows();
            seconds += told.seconds;
        }
        const auto rate = static_cast<std::int64_t>(static_cast<double>(rows) / seconds);
        Outcome outcome = passed(std::to_string(rate) + " rows/s, 1000 rows a call, one worker");
        outcome.facts = {{"rows_per_second", rate}};
        return outcome;
    });
}

}  // namespace ingest::conformance
