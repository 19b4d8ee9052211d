#pragma once

#include <memory>
#include <string_view>

#include "model/batch.h"
#include "plugin/answer.h"
#include "plugin/library.h"

namespace ingest::plugin {

// One instance of a query: one reader thread's.
class Query {
public:
    // REQUIRES: library.query().
    static std::unique_ptr<Query> create(const Library& library, std::string_view options_json,
                                         const model::Schema& schema, Answer& failure);
    // Takes an instance that `table.create` made, and the duty to destroy it.
    Query(const ingest_query& table, void* self, const Callee& callee = nameless_callee()) noexcept
        : table_(table), self_(self), callee_(callee) {}
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    // Replaces what is in `out`, a batch of the schema given to create. Blocks until deadline_ns
    // (monotonic, 0 = none) at most, if the plugin keeps its word.
    Answer latest(std::string_view equipment_id, std::uint32_t limit, std::int64_t deadline_ns,
                  model::Batch& out);

private:
    const ingest_query& table_;
    void* self_;
    const Callee& callee_;
};

}  // namespace ingest::plugin
