#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "model/schema.h"
#include "plugin/answer.h"
#include "plugin/library.h"

namespace ingest::plugin {

// One instance of a sink: one worker's. One thread at a time, but connected() from any.
class Sink {
public:
    // REQUIRES: library.sink().
    static std::unique_ptr<Sink> create(const Library& library, std::string_view options_json,
                                        const model::Schema& schema, Answer& failure);
    // Takes an instance that `table.create` made, and the duty to destroy it.
    Sink(const ingest_sink& table, void* self, const Callee& callee = nameless_callee()) noexcept
        : table_(table), self_(self), callee_(callee) {}
    ~Sink();
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;

    // Blocks until the destination has every row, or says why not. No batches: a probe.
    Answer write(std::span<const ingest_batch* const> batches);
    Answer flush(std::int64_t deadline_ns);
    bool connected() const;

private:
    const ingest_sink& table_;
    void* self_;
    const Callee& callee_;
};

}  // namespace ingest::plugin
