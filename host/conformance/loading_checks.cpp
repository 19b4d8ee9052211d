#include <algorithm>
#include <array>

#include "base/json_text.h"
#include "base/time_text.h"
#include "conformance/calls.h"
#include "conformance/fenced_memory.h"
#include "conformance/groups.h"
#include "conformance/listing.h"
#include "conformance/patience.h"
#include "conformance/process_state.h"
#include "conformance/whereabouts.h"
#include "plugin/library.h"

namespace ingest::conformance {
namespace {

constexpr int tries = 3;

std::string in_seconds(double seconds) {
    std::string text = std::to_string(seconds);
    text.resize(text.find('.') + 3);
    return text + " s";
}

Result<plugin::OpenedLibrary> open(const Subject& subject) {
    now_doing("loading, or " INGEST_ENTRY_SYMBOL);
    return plugin::open_library(subject.file, subject.id);
}

Outcome not_loaded(const Error& error) {
    return failed(error.message,
                  "see what the loader says; `LD_DEBUG=libs,symbols` says more");
}

// What get_interface has for a name.
struct Found {
    const void* table = nullptr;
    std::string fault = {};
};

class Interfaces {
public:
    Interfaces(const plugin::Identity& identity, const plugin::Callee& callee)
        : identity_(identity), callee_(callee) {}

    Found find(std::string_view id) const {
        // Not terminated, as every text of the ABI.
        FencedMemory memory;
        const void* name = memory.keep_exactly(id.data(), id.size(), "the interface's name");
        return find({static_cast<const char*>(name), id.size()}, id.substr(0, 40));
    }
    Found find(ingest_str id, std::string_view shown) const {
        Found found;
        const Told told = call(callee_, {"get_interface"},
                               "get_interface of \"" + std::string(shown) + "\"",
                               [&](ingest_error*) {
                                   found.table = identity_.get_interface(id);
                                   return INGEST_OK;
                               });
        found.fault = fault_of(told, {"get_interface", {}});
        return found;
    }

private:
    const plugin::Identity& identity_;
    const plugin::Callee& callee_;
};

Outcome threw(const std::string& fault) {
    return failed(fault, "no exception may leave a plugin: catch it where it is entered");
}

bool same_text(ingest_str a, ingest_str b) noexcept {
    return a.size == b.size && std::string_view(a.data, a.size) == std::string_view(b.data, b.size);
}

}  // namespace

Outcome check_loading(const Subject& subject) {
    double fastest = 0;
    // Each time it is another library to the loader, so its constructors run anew.
    for (int i = 0; i < tries; ++i) {
        const std::int64_t begun = monotonic_ns();
        const auto opened = open(subject);
        if (!opened) return not_loaded(opened.error());
        const double seconds = static_cast<double>(monotonic_ns() - begun) / 1e9;
        fastest = i == 0 ? seconds : std::min(fastest, seconds);
        if (fastest < prompt_seconds) break;
    }
    if (fastest >= prompt_seconds) {
        return failed("loading it takes " + in_seconds(fastest),
                      "do nothing in constructors and in the entry function but describe the "
                      "plugin; connect, read and wait in `write` or, once, in `create`");
    }
    return passed("in " + in_seconds(fastest));
}

Outcome check_loading_effects(const Subject& subject) {
    const ProcessState before = look_at_process();
    const auto opened = open(subject);
    if (!opened) return not_loaded(opened.error());
    const auto changes = changes_of(before, look_at_process());
    if (changes.empty()) return passed("the process is as it was");
    Outcome outcome = failed(listed(changes),
                             "a library that is loaded only to ask what it is must leave no trace: "
                             "no threads, connections or settings of the process");
    outcome.blocks = false;
    return outcome;
}

Outcome check_handshake(const Subject& subject) {
    const auto opened = open(subject);
    if (!opened) return not_loaded(opened.error());
    now_doing("reading the description that the entry function returned");
    const auto identity = plugin::shake_hands(opened->described, subject.id);
    if (!identity) {
        return failed(identity.error().message,
                      "fill ingest_plugin as <ingest/plugin/entry.h> says; the SDK's macros do. "
                      "The id must be the file's name without .so");
    }
    return passed(identity->id + " " + identity->version + ", built for ABI 1." +
                  std::to_string(identity->built_minor));
}

Outcome check_description(const Subject& subject) {
    const auto opened = open(subject);
    if (!opened) return not_loaded(opened.error());
    // Copied: the second answer may be in the same place.
    const ingest_plugin first = *opened->described;
    const std::string manifest(first.manifest_json.data, first.manifest_json.size);
    const ingest_plugin* again = nullptr;
    const Told told = call(*opened->callee, {INGEST_ENTRY_SYMBOL},
                           INGEST_ENTRY_SYMBOL ", called again", [&](ingest_error*) {
                               again = opened->entry(opened->host);
                               return INGEST_OK;
                           });
    if (told.threw) return threw(fault_of(told, {INGEST_ENTRY_SYMBOL, {}}));
    // Called once is all that it is promised: no answer is an answer.
    if (again == nullptr) return passed("it is made once");
    const bool same = same_text(first.id, again->id) && same_text(first.version, again->version) &&
                      same_text(first.description, again->description) &&
                      same_text({manifest.data(), manifest.size()}, again->manifest_json) &&
                      first.get_interface == again->get_interface &&
                      first.built_minor == again->built_minor &&
                      first.min_host_minor == again->min_host_minor;
    if (!same) {
        Outcome outcome = failed("the entry function describes another plugin when it is asked "
                                 "again",
                                 "return a pointer to one static, constant ingest_plugin");
        outcome.blocks = false;
        return outcome;
    }
    return passed("it stays the same");
}

Outcome check_manifest(const Subject& subject) {
    const auto opened = open(subject);
    if (!opened) return not_loaded(opened.error());
    const auto identity = plugin::shake_hands(opened->described, subject.id);
    if (!identity) return failed(identity.error().message, "see `handshake`");
    const auto manifest = plugin::parse_manifest(identity->manifest_json);
    if (!manifest) {
        return failed(manifest.error().message,
                      "the grammar is in <ingest/plugin/entry.h>; the host refuses what it does "
                      "not know, because a promise that nobody reads is not kept");
    }
    return passed(std::to_string(manifest->options.size()) + " options, " +
                  std::to_string(manifest->issues.size()) + " issue codes");
}

Outcome check_unknown_interfaces(const Subject& subject) {
    const auto opened = open(subject);
    if (!opened) return not_loaded(opened.error());
    const auto identity = plugin::shake_hands(opened->described, subject.id);
    if (!identity) return failed(identity.error().message, "see `handshake`");
    const std::string with_nul(INGEST_VALIDATOR_ID "\0x", sizeof INGEST_VALIDATOR_ID + 1);
    const std::string sink_with_nul(INGEST_SINK_ID "\0", sizeof INGEST_SINK_ID);
    const std::string long_name(4096, 'i');
    const auto unknown = std::to_array<std::string_view>(
        {"", "nobody.knows/1", "ingest.validator/2", "ingest.sink/2", "ingest.validator/",
         "ingest.validator/10", "ingest.sink/11", "INGEST.SINK/1", "ingest.", with_nul,
         sink_with_nul, "\xff\xfe", long_name});
    const Interfaces interfaces(*identity, *opened->callee);
    for (const std::string_view id : unknown) {
        const Found found = interfaces.find(id);
        if (!found.fault.empty()) return threw(found.fault);
        if (found.table == nullptr) continue;
        std::string quoted;
        append_json_string(quoted, id.substr(0, 40));
        return failed("get_interface has a table for " + quoted,
                      "compare the whole text, size and bytes, and return NULL for each name that "
                      "you do not know: later hosts will ask for later interfaces");
    }
    if (interfaces.find({nullptr, 0}, "").table != nullptr) {
        return failed("get_interface has a table for no name", "return NULL for it");
    }
    for (const std::string_view id : {INGEST_VALIDATOR_ID, INGEST_SINK_ID, INGEST_QUERY_ID}) {
        if (interfaces.find(id).table != interfaces.find(id).table) {
            return failed("get_interface gave two tables for " + std::string(id),
                          "return the address of one static, constant table");
        }
    }
    return passed("NULL for " + std::to_string(unknown.size() + 1) +
                  " names that nobody knows, and one table for each that it knows");
}

Outcome check_interfaces(const Subject& subject) {
    now_doing("get_interface");
    const auto library = plugin::Library::load(subject.file, subject.id);
    if (!library) {
        return failed(library.error().message,
                      "fill the table as its header in <ingest/plugin/> says, all functions, "
                      "`reserved` 0, struct_size its sizeof");
    }
    const plugin::Library& plugin = **library;
    const bool sink = plugin.manifest().kind == plugin::Kind::sink;
    Outcome outcome = passed(std::string(sink ? INGEST_SINK_ID : INGEST_VALIDATOR_ID) +
                             (sink && plugin.query() ? ", " INGEST_QUERY_ID : ""));
    outcome.facts = {{"manifest", plugin.identity().manifest_json},
                     {"query", sink && plugin.query().has_value()},
                     {"kind", sink ? "sink" : "validator"},
                     {"version", plugin.identity().version}};
    return outcome;
}

}  // namespace ingest::conformance
