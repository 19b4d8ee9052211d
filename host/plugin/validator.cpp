#include "plugin/validator.h"

namespace ingest::plugin {

std::unique_ptr<Validator> Validator::create(const Library& library, std::string_view options_json,
                                             const model::Schema& schema, Answer& failure) {
    void* self = nullptr;
    ErrorSlot error;
    const std::int32_t code = library.validator()->create(
        library.host(), {options_json.data(), options_json.size()}, schema.arrow(), &self,
        error.get());
    failure = error.answer(code);
    if (!failure.ok()) return nullptr;
    return std::unique_ptr<Validator>(new Validator(*library.validator(), self));
}

Validator::~Validator() { table_.destroy(self_); }

Answer Validator::validate(const ingest_batch& batch, ingest_report& report) {
    ErrorSlot error;
    return error.answer(table_.validate(self_, &batch, &report, error.get()));
}

}  // namespace ingest::plugin
