#include <algorithm>
#include <limits>

#include "conformance/groups.h"
#include "conformance/on_thread.h"
#include "conformance/patience.h"
#include "conformance/tried_plugin.h"

namespace ingest::conformance {
namespace {

constexpr std::int64_t rows_many = 100'000;
constexpr std::int64_t rows_some = 100;
// What a validator may take for a request, on a core that serves others too; the fastest of three.
constexpr double prompt_validate_seconds = 0.1 * patience;
constexpr std::size_t host_stack_bytes = 8U << 20;   // what a thread has on Linux by default
constexpr std::size_t small_stack_bytes = 512U << 10;

const std::string bad_code =
    "return OK whatever the readings are: a reading that is refused is a finding, not an error";

// What is wrong with a call that had no reason to fail.
Outcome judged(const Told& told, std::string said) {
    const std::string fault = fault_of(told, {"validate", {INGEST_RETRY, INGEST_REJECT,
                                                           INGEST_FATAL, INGEST_TIMEOUT,
                                                           INGEST_UNSUPPORTED, INGEST_INTERNAL}});
    if (!fault.empty()) return failed(fault, bad_code);
    if (!told.ok()) return failed("validate returned " + words_of(told), bad_code);
    return passed(std::move(said));
}

Outcome try_batch(TriedValidator& validator, const model::Batch& batch, const std::string& doing,
                  const Escort& escort = {}) {
    const Opinion opinion = validator.validate(batch, "validate with " + doing, escort);
    Outcome outcome = judged(opinion.told, std::to_string(opinion.issues.size()) + " findings");
    if (!outcome.ok()) outcome.said += ", with " + doing;
    // One more strange batch that it does not take says nothing of the others.
    outcome.blocks = false;
    return outcome;
}

Outcome try_filling(const Subject& subject, Filling filling, const std::string& doing) {
    return with_validator(subject, [&](TriedValidator& validator) {
        Samples samples(validator.schema());
        return try_batch(validator, samples.batch(rows_some, filling), doing);
    });
}

// A schema that an operator may have too: the options may not fit it, and then CONFIG is right.
Outcome try_schema(const Subject& subject, const model::Schema& schema) {
    return with_library(subject, [&](const plugin::Library& library) {
        TriedValidator validator(library, subject.options_json, schema);
        const std::string fault = fault_of(validator.created(), {"create", {INGEST_CONFIG}});
        Outcome outcome = passed("refused: " + words_of(validator.created()));
        if (!fault.empty()) {
            outcome = failed(fault, "look for each column by its name and type, and answer with "
                                    "CONFIG and a message if one that the options need is missing");
        } else if (validator.created().ok()) {
            Samples samples(schema);
            outcome = try_batch(validator, samples.batch(rows_some), "such a batch");
        }
        outcome.blocks = false;
        return outcome;
    });
}

std::vector<std::uint8_t> bitmap(std::int64_t rows, std::uint8_t pattern) {
    std::vector<std::uint8_t> bits(model::Buffer::padded(model::bitmap_bytes(rows)));
    for (std::int64_t row = 0; row < rows; ++row) {
        const auto mask = static_cast<std::uint8_t>(1U << (row % 8));
        bits[static_cast<std::size_t>(row / 8)] |= static_cast<std::uint8_t>(pattern & mask);
    }
    return bits;
}

}  // namespace

Outcome check_one_row(const Subject& subject) {
    return with_validator(subject, [](TriedValidator& validator) {
        Samples samples(validator.schema());
        const model::Batch batch = samples.batch(1);
        double fastest = std::numeric_limits<double>::max();
        for (int i = 0; i < 3 && fastest >= prompt_validate_seconds; ++i) {
            const Opinion opinion = validator.validate(batch, "validate with 1 row");
            if (Outcome outcome = judged(opinion.told, ""); !outcome.ok()) return outcome;
            fastest = std::min(fastest, opinion.told.seconds);
        }
        if (fastest < prompt_validate_seconds) return passed("promptly");
        return failed("validate takes " + std::to_string(static_cast<int>(fastest * 1000)) +
                          " ms for one row",
                      "never wait in `validate`: every request of its core waits with it. Read "
                      "files and the like in `create`");
    });
}

Outcome check_empty_batch(const Subject& subject) {
    return with_validator(subject, [](TriedValidator& validator) {
        Samples samples(validator.schema());
        return try_batch(validator, samples.batch(0), "0 rows");
    });
}

Outcome check_many_rows(const Subject& subject) {
    return with_validator(subject, [](TriedValidator& validator) {
        Samples samples(validator.schema());
        const model::Batch batch = samples.batch(rows_many);
        Outcome outcome;
        on_thread(host_stack_bytes * patience,
                  [&] { outcome = try_batch(validator, batch, "100 000 rows"); });
        return outcome;
    });
}

Outcome check_small_stack(const Subject& subject) {
    return with_validator(subject, [](TriedValidator& validator) {
        Samples samples(validator.schema());
        const model::Batch batch = samples.batch(1000);
        Outcome outcome;
        on_thread(small_stack_bytes * patience, [&] {
            outcome = try_batch(validator, batch, "1000 rows, on a stack of 512 KiB");
        });
        return outcome;
    });
}

Outcome check_nulls(const Subject& subject) {
    return with_validator(subject, [](TriedValidator& validator) {
        Samples samples(validator.schema());
        Outcome outcome = try_batch(validator, samples.batch(rows_some, Filling::nulls),
                                    "all optional cells null");
        if (!outcome.ok()) return outcome;
        const auto refused = bitmap(rows_some, 0xFF);
        return try_batch(validator, samples.unreadable(rows_some),
                         "rows of which nothing could be read, refused already",
                         {0, 0, 0, refused.data()});
    });
}

Outcome check_extremes(const Subject& subject) {
    return try_filling(subject, Filling::extremes, "the ends of every type's range");
}

Outcome check_texts(const Subject& subject) {
    return try_filling(subject, Filling::texts, "texts that are long, empty or not ASCII");
}

Outcome check_missing_columns(const Subject& subject) {
    return try_schema(subject, *bare_schema());
}

Outcome check_renamed_columns(const Subject& subject) {
    return try_schema(subject, *renamed_schema(subject));
}

Outcome check_retyped_columns(const Subject& subject) {
    return try_schema(subject, *retyped_schema(subject));
}

Outcome check_guard_pages(const Subject& subject) {
    return with_validator(subject, [](TriedValidator& validator) {
        Samples samples(validator.schema());
        const auto refused = bitmap(512, 0x11);
        // 512 rows fill whole pages, so both ends of most buffers are at a fence.
        for (const std::int64_t rows : {512, 1, 0, 8, 509}) {
            for (const Placed placed : {Placed::at_end, Placed::at_begin}) {
                const model::Batch batch = samples.batch(rows);
                FencedBatch fenced(batch, {0, 0, 0, rows == 512 ? refused.data() : nullptr},
                                   placed);
                const Opinion opinion = validator.validate_shown(
                    batch, *fenced.get(), "validate with memory that it must not touch");
                fenced.take_back();
                if (Outcome outcome = judged(opinion.told, ""); !outcome.ok()) return outcome;
            }
        }
        if (FencedBatch::was_released()) {
            return failed("it called release of the batch",
                          "the host owns batches: never call release");
        }
        return passed("it reads nothing but the batch, and writes nothing into it");
    });
}

Outcome check_refused_bits(const Subject& subject) {
    return with_library(subject, [&](const plugin::Library& library) {
        const auto schema = schema_for(subject);
        TriedValidator shown(library, subject.options_json, *schema);
        TriedValidator fresh(library, subject.options_json, *schema);
        Samples samples(*schema);
        const model::Batch batch = samples.batch(rows_some);
        const auto all = bitmap(rows_some, 0xFF);
        const auto some = bitmap(rows_some, 0x55);
        Outcome outcome = try_batch(shown, batch, "every other row refused already",
                                    {0, 0, 0, some.data()});
        if (!outcome.ok()) return outcome;
        if (library.manifest().shared_state) {
            // What was refused was not stored: it must not be remembered.
            TriedValidator told(library, subject.options_json, *schema);
            told.validate(batch, "validate with all rows refused", {0, 0, 0, all.data()});
            const std::string differs = difference(fresh.validate(batch, "validate"),
                                                   told.validate(batch, "validate"));
            if (!differs.empty()) {
                Outcome remembered = failed(
                    "it remembers rows that were refused already: " + differs,
                    "skip rows whose bit is set in ingest_batch.refused when you remember");
                remembered.blocks = false;
                return remembered;
            }
        }
        return try_batch(shown, batch, "all rows refused already", {0, 0, 0, all.data()});
    });
}

}  // namespace ingest::conformance
