#pragma once

#include <memory>
#include <string_view>

#include "model/schema.h"
#include "plugin/answer.h"
#include "plugin/library.h"
#include "plugin/promises.h"

namespace ingest::plugin {

// One instance of a validator; destroyed with this. One thread at a time. `library` and `schema`
// outlive it.
class Validator {
public:
    // REQUIRES: library.validator(). Code CONFIG in `failure` means that the options are wrong.
    static std::unique_ptr<Validator> create(const Library& library, std::string_view options_json,
                                             const model::Schema& schema, Answer& failure);
    // Takes an instance that `table.create` made, and the duty to destroy it.
    Validator(const ingest_validator& table, void* self, Promises promises = {},
              const Callee& callee = nameless_callee())
        : table_(table), self_(self), promises_(std::move(promises)), callee_(callee) {}
    ~Validator();
    Validator(const Validator&) = delete;
    Validator& operator=(const Validator&) = delete;

    // What Report::begin() wants to know of it.
    const Promises& promises() const noexcept { return promises_; }
    const Callee& callee() const noexcept { return callee_; }
    Answer validate(const ingest_batch& batch, ingest_report& report);

private:
    const ingest_validator& table_;
    void* self_;
    const Promises promises_;
    const Callee& callee_;
};

}  // namespace ingest::plugin
