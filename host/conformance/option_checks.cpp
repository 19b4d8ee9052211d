#include "conformance/bad_options.h"
#include "conformance/groups.h"
#include "conformance/tried_plugin.h"

namespace ingest::conformance {
namespace {

// `create` with these options, and `destroy` if it took them.
template <class Table>
std::string try_options(const plugin::Library& library, const Table& table,
                        const model::Schema& schema, const BadOptions& bad) {
    Instance<Table> instance(library, table, bad.json, schema, nullptr,
                             "create with these options: " + bad.what);
    const std::string shown = " (" + bad.what + ")";
    const Told& created = instance.created();
    const std::string fault = fault_of(created, {"create", {INGEST_CONFIG}});
    if (!fault.empty()) return fault + shown;
    if (!created.ok() && instance.self() != nullptr) {
        return "create wrote `self` although it failed" + shown;
    }
    if (created.ok() && bad.must_be_refused) return "create took options that are wrong" + shown;
    const std::string left = fault_of(instance.destroy(), {"destroy", {}});
    return left.empty() ? "" : left + shown;
}

}  // namespace

Outcome check_options(const Subject& subject) {
    return with_library(subject, [&](const plugin::Library& library) {
        const auto schema = schema_for(subject);
        const auto all = bad_options_for(subject);
        for (const BadOptions& bad : all) {
            now_doing("create with options of which " + bad.what);
            const std::string wrong =
                subject.is_sink() ? try_options(library, *library.sink(), *schema, bad)
                                  : try_options(library, *library.validator(), *schema, bad);
            if (wrong.empty()) continue;
            Outcome outcome = failed(
                wrong, "answer options that cannot work with CONFIG and a message that begins "
                       "with the option's JSON pointer (\"/url: must ...\"), and write *self on "
                       "OK only");
            outcome.blocks = false;
            return outcome;
        }
        return passed(std::to_string(all.size()) + " kinds were refused with a reason, or taken");
    });
}

}  // namespace ingest::conformance
