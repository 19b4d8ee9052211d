#include "plugin/sink.h"

namespace ingest::plugin {

std::unique_ptr<Sink> Sink::create(const Library& library, std::string_view options_json,
                                   const model::Schema& schema, Answer& failure) {
    void* self = nullptr;
    failure = make_instance(*library.sink(), library.host(), options_json, schema.arrow(), self);
    if (!failure.ok()) return nullptr;
    return std::unique_ptr<Sink>(new Sink(*library.sink(), self));
}

Sink::~Sink() { table_.destroy(self_); }

Answer Sink::write(std::span<const ingest_batch* const> batches) {
    return ask([&](ingest_error* error) {
        return table_.write(self_, batches.data(), batches.size(), error);
    });
}

Answer Sink::flush(std::int64_t deadline_ns) {
    return ask([&](ingest_error* error) { return table_.flush(self_, deadline_ns, error); });
}

bool Sink::connected() const {
    ingest_health health{};
    health.struct_size = sizeof health;
    const Answer answer = ask([&](ingest_error*) {
        table_.health(self_, &health);
        return INGEST_OK;
    });
    return answer.ok() && health.state == INGEST_HEALTH_CONNECTED;
}

}  // namespace ingest::plugin
