#include "trace/tracer.h"

#include <random>
#include <vector>

namespace ingest::trace {
namespace {

// Not for secrets: they need only be different.
template <class Id>
Id random_id() {
    thread_local std::mt19937_64 source{[] {
        std::random_device device;
        return static_cast<std::uint64_t>(device()) << 32 | device();
    }()};
    Id id{};
    for (std::size_t at = 0; at < id.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t bits = source();
        while (bits == 0) bits = source();  // an id that is zero is none
        for (std::size_t i = 0; i < sizeof bits; ++i)
            id[at + i] = static_cast<std::uint8_t>(bits >> (8 * i));
    }
    return id;
}

}  // namespace

std::optional<TracedRequest> Tracer::begin(std::string_view traceparent) {
    const auto parent = parse_traceparent(traceparent);
    if (parent) {
        if (!parent->sampled) return std::nullopt;
        return TracedRequest{{parent->context.trace, random_id<SpanId>()}, parent->context.span};
    }
    if (options_.sample_every == 0 ||
        requests_.fetch_add(1, std::memory_order_relaxed) % options_.sample_every != 0) {
        return std::nullopt;
    }
    return TracedRequest{{random_id<TraceId>(), random_id<SpanId>()}, std::nullopt};
}

Span Tracer::child(const Context& of, std::string_view name) const {
    Span span;
    span.context = {of.trace, random_id<SpanId>()};
    span.parent = of.span;
    span.name = name;
    return span;
}

void Tracer::kept(const Context& of, std::uint64_t first, std::uint64_t end) {
    std::vector<Write> earlier;
    {
        const MutexLock lock(mutex_);
        if (kept_.size() >= options_.remembered_max) kept_.pop_front();
        kept_.push_back({of, first, end});
        for (const Write& write : written_) {
            if (first < write.end && write.first < end) earlier.push_back(write);
        }
    }
    for (const Write& write : earlier) add_write(of, write);
}

void Tracer::wrote(Write write) {
    std::vector<Context> concerned;
    {
        const MutexLock lock(mutex_);
        for (const Kept& kept : kept_) {
            if (kept.first < write.end && write.first < kept.end) concerned.push_back(kept.of);
        }
        if (written_.size() >= options_.writes_max) written_.pop_front();
        written_.push_back(write);
    }
    for (const Context& of : concerned) add_write(of, write);
}

void Tracer::add_write(const Context& of, const Write& write) const {
    Span span = child(of, "write " + write.sink);
    span.kind = Span::Kind::client;
    span.begin_us = write.begin_us;
    span.end_us = write.end_us;
    span.attributes = {{"ingest.sink", write.sink},
                       {"ingest.readings", static_cast<std::int64_t>(write.end - write.first)}};
    span.failure = write.failure;
    end(std::move(span));
}

}  // namespace ingest::trace
