#pragma once

#include <memory>
#include <string_view>

#include "model/schema.h"
#include "plugin/answer.h"
#include "plugin/library.h"

namespace ingest::plugin {

// One instance of a validator; destroyed with this. One thread at a time. `library` and `schema`
// outlive it.
class Validator {
public:
    // REQUIRES: library.validator(). Code CONFIG in `failure` means that the options are wrong.
    static std::unique_ptr<Validator> create(const Library& library, std::string_view options_json,
                                             const model::Schema& schema, Answer& failure);
    // Takes an instance that `table.create` made, and the duty to destroy it.
    Validator(const ingest_validator& table, void* self) noexcept : table_(table), self_(self) {}
    ~Validator();
    Validator(const Validator&) = delete;
    Validator& operator=(const Validator&) = delete;

    Answer validate(const ingest_batch& batch, ingest_report& report);

private:
    const ingest_validator& table_;
    void* self_;
};

}  // namespace ingest::plugin
