#include <algorithm>
#include <functional>

#include "conformance/groups.h"
#include "conformance/listing.h"
#include "conformance/patience.h"
#include "conformance/process_state.h"
#include "conformance/tried_plugin.h"

namespace ingest::conformance {
namespace {

constexpr int instances_many = 1000;
constexpr int instances_before = 100;
// What an allocator's own housekeeping may come to, per instance.
constexpr std::size_t leak_bytes_min = 16;

// Hands an instance of the right kind to `work`.
template <class Work>
Outcome with_instance(const plugin::Library& library, const Subject& subject,
                      const model::Schema& schema, Work&& work) {
    if (subject.is_sink()) {
        Instance<ingest_sink> sink(library, *library.sink(), subject.options_json, schema);
        return work(sink);
    }
    Instance<ingest_validator> validator(library, *library.validator(), subject.options_json,
                                         schema);
    return work(validator);
}

std::string in_seconds(double seconds) {
    std::string text = std::to_string(seconds);
    text.resize(text.find('.') + 3);
    return text + " s";
}

// One create and destroy; `seconds` is what the create took.
Outcome try_instance(const plugin::Library& library, const Subject& subject,
                     const model::Schema& schema, double& seconds) {
    return with_instance(library, subject, schema, [&](auto& instance) {
        const Told& created = instance.created();
        seconds = created.seconds;
        if (const std::string fault = fault_of(created, create_contract); !fault.empty()) {
            return failed(fault, "return OK, or CONFIG with a message that says which option is "
                                 "wrong (\"/url: must ...\"); let no exception out");
        }
        if (!created.ok() && !subject.options_given) {
            return skipped("its defaults alone do not do (" + words_of(created) +
                           "): give --options");
        }
        if (!created.ok()) {
            return failed("create: " + words_of(created),
                          "put the options right that you gave with --options; the columns are "
                          "temperature, vibration, pressure, humidity, voltage, counter, note, "
                          "running, calibrated_at and those that the manifest and the options "
                          "name");
        }
        const Told destroyed = instance.destroy();
        const std::string fault = fault_of(destroyed, {"destroy", {}});
        if (!fault.empty()) return failed(fault, "catch everything in it: destroy must not fail");
        return passed("");
    });
}

void make_many(const plugin::Library& library, const Subject& subject,
               const model::Schema& schema, int count) {
    for (int i = 0; i < count; ++i) {
        with_instance(library, subject, schema, [](auto&) { return passed(""); });
    }
}

}  // namespace

Outcome check_create(const Subject& subject) {
    if (!subject.options_missing.empty()) {
        return skipped("its options need a value for " + subject.options_missing +
                       ": give --options");
    }
    return with_library(subject, [&](const plugin::Library& library) {
        const auto schema = schema_for(subject);
        double fastest = 0;
        for (int i = 0; i < 3; ++i) {
            double seconds = 0;
            Outcome outcome = try_instance(library, subject, *schema, seconds);
            if (!outcome.ok()) return outcome;
            fastest = i == 0 ? seconds : std::min(fastest, seconds);
            if (fastest < prompt_seconds) break;
        }
        if (fastest < prompt_seconds) return passed("in " + in_seconds(fastest));
        return failed("create takes " + in_seconds(fastest),
                      "do not connect or wait in `create`: a server that is down at start is no "
                      "error of the configuration. A sink connects in its first `write`");
    });
}

Outcome check_create_effects(const Subject& subject) {
    return with_library(subject, [&](const plugin::Library& library) {
        const auto schema = schema_for(subject);
        const ProcessState before = look_at_process();
        std::vector<std::string> found;
        with_instance(library, subject, *schema, [&](auto& instance) {
            // Threads and files of an instance may live as long as it does, connections not yet.
            found = changes_of(before, look_at_process(), {false, false});
            if (!found.empty()) return passed("");
            instance.destroy();
            found = changes_of(before, look_at_process());
            return passed("");
        });
        if (found.empty()) return passed("the process is as it was");
        Outcome outcome = failed(
            "after create and destroy, " + listed(found),
            "what belongs to the whole process (locale, signals, directory, umask, environment) "
            "is the host's; connect in `write`; end in `destroy` what `create` began");
        outcome.blocks = false;
        return outcome;
    });
}

Outcome check_create_many(const Subject& subject) {
    return with_library(subject, [&](const plugin::Library& library) {
        const auto schema = schema_for(subject);
        make_many(library, subject, *schema, instances_before);
        const ProcessState before = look_at_process();
        const std::size_t bytes_before = allocated_bytes();
        make_many(library, subject, *schema, instances_many);
        const std::size_t bytes = allocated_bytes();
        const ProcessState after = look_at_process();
        const std::string often = " by " + std::to_string(instances_many) + " create and destroy";
        const auto growth = [&](std::size_t was, std::size_t now, const char* what) {
            return failed("the number of " + std::string(what) + " grew from " +
                              std::to_string(was) + " to " + std::to_string(now) + often,
                          "end in `destroy` what `create` began");
        };
        if (after.threads.size() > before.threads.size()) {
            return growth(before.threads.size(), after.threads.size(), "threads");
        }
        if (after.descriptors.size() > before.descriptors.size()) {
            return growth(before.descriptors.size(), after.descriptors.size(), "descriptors");
        }
        if (bytes > bytes_before + leak_bytes_min * instances_many) {
            return failed("the memory grew by " +
                              std::to_string((bytes - bytes_before) / instances_many) +
                              " bytes with each create and destroy",
                          "free in `destroy` what `create` allocated; valgrind or "
                          "-fsanitize=address name the place");
        }
        return passed(std::to_string(instances_many) + " times; no memory, descriptors or threads "
                                                       "were left");
    });
}

Outcome check_instances(const Subject& subject) {
    return with_library(subject, [&](const plugin::Library& library) {
        const auto schema = schema_for(subject);
        return with_instance(library, subject, *schema, [&](auto& first) {
            return with_instance(library, subject, *schema, [&](auto& second) {
                return with_instance(library, subject, *schema, [&](auto& third) {
                    for (const Told& told : {second.destroy(), first.destroy(), third.destroy()}) {
                        const std::string fault = fault_of(told, {"destroy", {}});
                        if (!fault.empty()) {
                            return failed(fault, "instances must not share what one of them ends");
                        }
                    }
                    return passed("three lived beside each other and ended in another order");
                });
            });
        });
    });
}

}  // namespace ingest::conformance
