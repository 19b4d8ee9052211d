#include "plugin/sink.h"

#include "base/time_text.h"

namespace ingest::plugin {
namespace {

// A probe has no batch, and so no deadline: it may connect, for as long as a write usually may.
constexpr std::int64_t unbounded_call_ns = 30'000'000'000;

std::int64_t due(std::int64_t deadline_ns) noexcept {
    return deadline_ns != 0 ? deadline_ns : monotonic_ns() + unbounded_call_ns;
}

}  // namespace

std::unique_ptr<Sink> Sink::create(const Library& library, std::string_view options_json,
                                   const model::Schema& schema, Answer& failure) {
    void* self = nullptr;
    failure = make_instance(*library.sink(), library.callee(), library.host(), options_json,
                            schema.arrow(), self);
    if (!failure.ok()) return nullptr;
    return std::unique_ptr<Sink>(new Sink(*library.sink(), self, library.callee()));
}

Sink::~Sink() { end_instance(callee_, table_.destroy, self_); }

Answer Sink::write(std::span<const ingest_batch* const> batches) {
    const Call call{"write", due(batches.empty() ? 0 : batches[0]->deadline_ns)};
    return ask(callee_, call, [&](ingest_error* error) {
        return table_.write(self_, batches.data(), batches.size(), error);
    });
}

Answer Sink::flush(std::int64_t deadline_ns) {
    return ask(callee_, {"flush", due(deadline_ns)}, [&](ingest_error* error) {
        return table_.flush(self_, deadline_ns, error);
    });
}

bool Sink::connected() const {
    ingest_health health{};
    health.struct_size = sizeof health;
    const Answer answer =
        ask_nothing(callee_, {"health"}, [&] { table_.health(self_, &health); });
    return answer.ok() && health.state == INGEST_HEALTH_CONNECTED;
}

}  // namespace ingest::plugin
