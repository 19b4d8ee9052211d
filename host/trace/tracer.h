#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "trace/span.h"

namespace ingest::trace {

// A request that is traced.
struct TracedRequest {
    Context context;               // of its own span
    std::optional<SpanId> parent;  // of the client, if it sent one
};

// Decides what is traced, and knows which readings of the log are of traced requests, so that the
// writes of sinks join their traces. Any thread; locks for itself, and only for what is traced.
class Tracer {
public:
    struct Options {
        // Of requests whose client says nothing, one in so many; 0: none.
        std::uint32_t sample_every = 100;
        // Traced requests that the writes of sinks find again; older ones are forgotten.
        std::size_t remembered_max = 1024;
        // Writes that requests find which are told of later than those.
        std::size_t writes_max = 64;
    };
    // Takes spans, and must not block. Called on any thread; outlives the tracer.
    using Take = std::function<void(Span)>;

    Tracer(const Options& options, Take take) : options_(options), take_(std::move(take)) {}

    // `traceparent`: as it was sent, or empty. What the client decided holds.
    std::optional<TracedRequest> begin(std::string_view traceparent);
    // A span within a traced request.
    Span child(const Context& of, std::string_view name) const;
    void end(Span span) const { take_(std::move(span)); }

    // The readings [first, end) of the log are durable, and of this request.
    void kept(const Context& of, std::uint64_t first, std::uint64_t end);

    struct Write {
        std::string sink;
        std::uint64_t first = 0;  // positions in the log
        std::uint64_t end = 0;
        std::int64_t begin_us = 0;
        std::int64_t end_us = 0;
        std::string failure;  // empty: it went well
    };
    // A sink's write: a span in the trace of each request whose readings are in it. A sink may be
    // faster than whoever calls kept().
    void wrote(Write write);

private:
    struct Kept {
        Context of;
        std::uint64_t first;
        std::uint64_t end;
    };

    void add_write(const Context& of, const Write& write) const;

    const Options options_;
    const Take take_;
    std::atomic<std::uint64_t> requests_{0};
    Mutex mutex_;
    std::deque<Kept> kept_ INGEST_GUARDED_BY(mutex_);
    std::deque<Write> written_ INGEST_GUARDED_BY(mutex_);
};

}  // namespace ingest::trace
