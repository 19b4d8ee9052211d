#include "plugin/sink.h"

namespace ingest::plugin {

std::unique_ptr<Sink> Sink::create(const Library& library, std::string_view options_json,
                                   const model::Schema& schema, Answer& failure) {
    void* self = nullptr;
    ErrorSlot error;
    const std::int32_t code =
        library.sink()->create(library.host(), {options_json.data(), options_json.size()},
                               schema.arrow(), &self, error.get());
    failure = error.answer(code);
    if (!failure.ok()) return nullptr;
    return std::unique_ptr<Sink>(new Sink(*library.sink(), self));
}

Sink::~Sink() { table_.destroy(self_); }

Answer Sink::write(std::span<const ingest_batch* const> batches) {
    ErrorSlot error;
    return error.answer(table_.write(self_, batches.data(), batches.size(), error.get()));
}

Answer Sink::flush(std::int64_t deadline_ns) {
    ErrorSlot error;
    return error.answer(table_.flush(self_, deadline_ns, error.get()));
}

SinkHealth Sink::health() const {
    ingest_health health{};
    health.struct_size = sizeof health;
    table_.health(self_, &health);
    const char* begin = health.message;
    const char* end = std::find(begin, begin + sizeof health.message, '\0');
    return {health.state, std::string(begin, end)};
}

}  // namespace ingest::plugin
