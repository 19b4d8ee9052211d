#include <array>
#include <cstring>

#include "conformance/fenced_memory.h"
#include "conformance/groups.h"
#include "conformance/tried_plugin.h"

namespace ingest::conformance {
namespace {

constexpr std::size_t later_bytes = 64;

// A struct of a later minor: what this one has, and behind it things that no plugin of today may
// look at. What looks like a function there ends the process when it is called.
template <class Struct>
struct Later {
    Struct known;
    std::array<unsigned char, later_bytes> unknown;
    explicit Later(const Struct& from) : known(from) {
        known.struct_size = sizeof(Later);
        unknown.fill(0x5A);
    }
};

// The first version, and nothing behind it: a fence.
template <class Struct>
const Struct* first_version(FencedMemory& memory, Struct from, std::uint32_t size_0,
                            const char* name) {
    from.struct_size = size_0;
    return static_cast<const Struct*>(memory.keep_exactly(&from, size_0, name));
}

Outcome judged(const Told& told, const std::string& with) {
    if (told.ok()) return passed("");
    Outcome outcome = failed(
        (told.threw ? "it let an exception out: " : "it returned ") + words_of(told) + with,
        "never compare a struct_size with sizeof for equality: read what is there, ignore the "
        "rest, and refuse only what is smaller than INGEST_..._SIZE_0");
    outcome.blocks = false;
    return outcome;
}

Told validate(TriedValidator& validator, const ingest_batch& shown, ingest_report& table) {
    return call(validator.library().callee(), {"validate"}, "validate with structs of another size",
                [&](ingest_error* error) {
                    return validator.table().validate(validator.self(), &shown, &table, error);
                });
}

// An instance that got `host`, and one call of it with these structs.
Outcome try_validator(const Subject& subject, const plugin::Library& library,
                      const ingest_host* host, bool later) {
    const std::string with = later ? ", with structs of a later minor"
                                   : ", with structs of the first minor";
    const auto schema = schema_for(subject);
    TriedValidator validator(library, subject.options_json, *schema, host);
    if (Outcome outcome = judged(validator.created(), with); !outcome.ok()) return outcome;
    Samples samples(*schema);
    const model::Batch batch = samples.batch(10);
    const PlainBatch plain(batch, {});
    const plugin::Promises promises(library.manifest(), *schema);
    plugin::Report report;
    report.begin(batch, promises);
    if (later) {
        Later<ingest_batch> shown(*plain.get());
        Later<ingest_report> table(report.table());
        return judged(validate(validator, shown.known, table.known), with);
    }
    FencedMemory memory;
    const ingest_batch* shown =
        first_version(memory, *plain.get(), INGEST_BATCH_SIZE_0, "the ingest_batch of ABI 1.0");
    const ingest_report* table =
        first_version(memory, report.table(), INGEST_REPORT_SIZE_0, "the ingest_report of ABI 1.0");
    return judged(validate(validator, *shown, *const_cast<ingest_report*>(table)), with);
}

Outcome try_sink(const Subject& subject, const plugin::Library& library, const ingest_host* host,
                 bool later) {
    const std::string with = later ? ", with structs of a later minor"
                                   : ", with structs of the first minor";
    const auto schema = schema_for(subject);
    TriedSink sink(library, subject.options_json, *schema, host);
    if (Outcome outcome = judged(sink.created(), with); !outcome.ok()) return outcome;
    Later<ingest_health> health(ingest_health{});
    now_doing("health with a struct of a later minor");
    sink.table().health(sink.self(), &health.known);
    for (const unsigned char byte : health.unknown) {
        if (later && byte != 0x5A) {
            return failed("health wrote behind what it knows of ingest_health",
                          "write the fields that you know, one by one");
        }
    }
    return passed("");
}

}  // namespace

Outcome check_struct_sizes(const Subject& subject) {
    return with_library(subject, [&](const plugin::Library& library) {
        // For ever, as a plugin may keep it.
        auto& later_host = *new Later<ingest_host>(*library.host());
        later_host.known.abi_minor = INGEST_ABI_MINOR + 1;
        auto& memory = *new FencedMemory;
        const ingest_host* first_host = first_version(memory, *library.host(), INGEST_HOST_SIZE_0,
                                                      "the ingest_host of ABI 1.0");
        for (const bool later : {true, false}) {
            const ingest_host* host = later ? &later_host.known : first_host;
            const Outcome outcome = subject.is_sink()
                                        ? try_sink(subject, library, host, later)
                                        : try_validator(subject, library, host, later);
            if (!outcome.ok()) return outcome;
        }
        return passed("structs may be larger, and as small as in ABI 1.0");
    });
}

}  // namespace ingest::conformance
