#include "plugin/validator.h"

namespace ingest::plugin {

std::unique_ptr<Validator> Validator::create(const Library& library, std::string_view options_json,
                                             const model::Schema& schema, Answer& failure) {
    void* self = nullptr;
    failure = make_instance(*library.validator(), library.callee(), library.host(), options_json,
                            schema.arrow(), self);
    if (!failure.ok()) return nullptr;
    return std::unique_ptr<Validator>(new Validator(
        *library.validator(), self, Promises(library.manifest(), schema), library.callee()));
}

Validator::~Validator() { end_instance(callee_, table_.destroy, self_); }

Answer Validator::validate(const ingest_batch& batch, ingest_report& report) {
    return ask(callee_, {"validate"}, [&](ingest_error* error) {
        return table_.validate(self_, &batch, &report, error);
    });
}

}  // namespace ingest::plugin
